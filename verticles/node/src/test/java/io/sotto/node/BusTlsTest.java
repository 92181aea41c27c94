package io.sotto.node;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.core.DistributedObject;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.map.IMap;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.node.cli.SottoCommand;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage;
import io.sotto.protocol.JobAccepted;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may speak on the bus, who may be a member, and that nobody else is heard. */
class BusTlsTest {
  private static final String PORT = "18901";
  private static final String SECRET = "a secret of this test's cluster";
  private static final int HEARD_S = 20;
  private static final int CLIENT_TRIES_MS = 2_000;
  @TempDir private static Path folder;
  private static CertificateFolder own;
  private static CertificateFolder foreign;
  private static Path certificate;
  private static Path key;
  private static Node one;
  private static Node two;

  @BeforeAll
  static void makeCertificates() throws Exception {
    own = CertificateFolder.open(folder.resolve("own"));
    own.issue("one", List.of("127.0.0.1"), 2);
    own.issue("two", List.of("127.0.0.1"), 2);
    foreign = CertificateFolder.open(folder.resolve("foreign"));
    foreign.issue("one", List.of("127.0.0.1"), 2);
    certificate = folder.resolve("renewed.pem");
    key = folder.resolve("renewed-key.pem");
    Files.copy(own.certificate("one"), certificate);
    Files.copy(own.key("one"), key);
    one = Node.start(config(SECRET, certificate, key, own.ca()));
    two = node(own, "two");
  }

  @AfterAll
  static void leave() {
    two.close();
    one.close();
  }

  private static NodeConfig config(String secret, Path certificate, Path key, Path ca) {
    return new ConfigLoader(Map.of())
        .load(
            null,
            Map.of(
                "cluster.name",
                "tls-test-" + ProcessHandle.current().pid(),
                "cluster.secret",
                secret,
                "cluster.port",
                PORT,
                "cluster.port-count",
                "60",
                "cluster.tls-certificate",
                certificate.toString(),
                "cluster.tls-key",
                key.toString(),
                "cluster.tls-ca",
                ca.toString()));
  }

  /** A node's cluster and bus, with what it hears. */
  private record Node(Vertx vertx, ClusterBus bus, BlockingQueue<JobId> heard, Set<JobId> told)
      implements AutoCloseable {
    static Node start(NodeConfig config) throws Exception {
      Vertx vertx =
          SottoNode.await(
              ClusterStart.start(
                  config, NodeId.create(), false, new SimpleMeterRegistry(), Tracing.OFF));
      ClusterBus bus = ClusterBus.open(vertx);
      Node node = new Node(vertx, bus, new LinkedBlockingQueue<>(), ConcurrentHashMap.newKeySet());
      await(bus.subscribe(Addresses.HINTS, node::hear));
      return node;
    }

    HazelcastInstance hazelcast() {
      return ((HazelcastClusterManager) ((VertxInternal) vertx).clusterManager())
          .getHazelcastInstance();
    }

    int port() {
      return ((VertxInternal) vertx).clusterManager().getNodeInfo().port();
    }

    private void hear(ClusterMessage.Hint hint) {
      if (hint instanceof JobAccepted accepted && !told.contains(accepted.job())) {
        heard.add(accepted.job());
      }
    }

    void tell() {
      JobId job = JobId.create(System.currentTimeMillis());
      told.add(job);
      bus.publish(Addresses.HINTS, new JobAccepted(job));
    }

    @Override
    public void close() {
      await(vertx.close());
    }
  }

  private static Node node(CertificateFolder of, String name) throws Exception {
    return Node.start(config(SECRET, of.certificate(name), of.key(name), of.ca()));
  }

  /** The cluster's list of listeners takes a moment to be known to all. */
  private static void assertHears(Node listener, Node speaker) throws Exception {
    for (int i = 0; i < HEARD_S; i++) {
      speaker.tell();
      JobId job = listener.heard.poll(1, TimeUnit.SECONDS);
      if (job != null) {
        assertTrue(speaker.told.contains(job), "somebody else was heard");
        return;
      }
    }
    throw new AssertionError("nothing was heard");
  }

  @Test
  void strangersAreNotHeardAndTheClusterGoesOn() throws Exception {
    assertHears(two, one);
    assertPlainTextIsRefused(one);
    assertHandshakeFails(one, new KeyManager[0]);
    assertHandshakeFails(one, keys(foreign.certificate("one"), foreign.key("one"), foreign.ca()));
    assertOldTlsIsRefused(one);
    assertRogueMemberReadsNothing();
    assertHears(one, two);
    assertTrue(two.told.containsAll(one.heard), "somebody else was heard");
    assertTrue(one.told.containsAll(two.heard), "somebody else was heard");
  }

  /** What a plain peer would say: a frame whose length alone would cost 2 GiB to wait for. */
  private static void assertPlainTextIsRefused(Node node) throws IOException {
    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
      plain.setSoTimeout(HEARD_S * 1000);
      plain.getOutputStream().write(new byte[] {0x7f, -1, -1, -1, 1, 2, 3, 4, 5, 6, 7, 8});
      plain.getOutputStream().flush();
      assertTrue(hungUp(plain.getInputStream()), "a plain peer was listened to");
    }
  }

  /** TLS alerts may come before the end; bytes of the application never do. */
  private static boolean hungUp(InputStream in) throws IOException {
    try {
      return in.readAllBytes().length < 64;
    } catch (SocketException reset) {
      return true;
    }
  }

  private static void assertHandshakeFails(Node node, KeyManager[] keys) throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(keys, trust(own.ca()), new SecureRandom());
    assertThrows(IOException.class, () -> ping(context, node.port(), "TLSv1.3"));
  }

  private static void assertOldTlsIsRefused(Node node) throws Exception {
    SSLContext right = SSLContext.getInstance("TLS");
    right.init(
        keys(own.certificate("two"), own.key("two"), own.ca()),
        trust(own.ca()),
        new SecureRandom());
    assertEquals(1, ping(right, node.port(), "TLSv1.3"));
    assertThrows(IOException.class, () -> ping(right, node.port(), "TLSv1.2"));
  }

  /** The bus's ping, which is answered with one byte; gives it. */
  private static int ping(SSLContext context, int port, String version) throws IOException {
    byte[] address = "__vertx_ping".getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(256);
    frame.putInt(0).put((byte) 2).put((byte) 1).put((byte) 0);
    frame.putInt(address.length).put(address);
    frame.putInt(0).putInt(1).put((byte) 'x').putInt(4);
    frame.putInt(0, frame.position() - 4);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(HEARD_S * 1000);
      socket.setEnabledProtocols(new String[] {version});
      OutputStream out = socket.getOutputStream();
      out.write(frame.array(), 0, frame.position());
      out.flush();
      int answer = socket.getInputStream().read();
      if (answer < 0) {
        throw new IOException("hung up");
      }
      return answer;
    }
  }

  private static KeyManager[] keys(Path certificate, Path key, Path ca) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    Certificate[] chain = {
      PemFiles.certificates(certificate).getFirst(), PemFiles.certificates(ca).getFirst()
    };
    store.setKeyEntry("key", PemFiles.privateKey(key, "EC"), new char[0], chain);
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static TrustManager[] trust(Path ca) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", PemFiles.certificates(ca).getFirst());
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** It knows the cluster's name and has listed itself: what is published is not told to it. */
  private static void assertRogueMemberReadsNothing() throws Exception {
    try (Node rogue = node(foreign, "one")) {
      assertEquals(3, one.hazelcast().getCluster().getMembers().size());
      assertHears(two, one);
      rogue.tell();
      assertHears(two, one);
      assertEquals(List.of(), List.copyOf(rogue.heard));
    }
  }

  @Test
  void whoDoesNotKnowTheClustersSecretIsNoMember() throws Exception {
    String other = "another secret of 16+";
    try (Node stranger =
        Node.start(config(other, own.certificate("two"), own.key("two"), own.ca()))) {
      stranger.tell();
      assertEquals(1, stranger.hazelcast().getCluster().getMembers().size());
      assertFalse(one.heard.containsAll(stranger.told));
    }
    assertHears(one, two);
  }

  /** It knows the cluster's name even. */
  @Test
  void clientsOfHazelcastFindNoDoor() {
    HazelcastInstance member = one.hazelcast();
    ClientConfig client = new ClientConfig();
    client.setClusterName(member.getConfig().getClusterName());
    int port = member.getCluster().getLocalMember().getAddress().getPort();
    client.getNetworkConfig().addAddress("127.0.0.1:" + port);
    client
        .getConnectionStrategyConfig()
        .getConnectionRetryConfig()
        .setClusterConnectTimeoutMillis(CLIENT_TRIES_MS);
    assertThrows(IllegalStateException.class, () -> HazelcastClient.newHazelcastClient(client));
  }

  @Test
  void renewedCertificatesAreTakenAndUnfitOnesAreNot() throws Exception {
    BusTls tls = new BusTls(certificate, key, own.ca());
    tls.check();
    assertEquals("CN=one", presented(one));
    Files.copy(own.certificate("two"), certificate, StandardCopyOption.REPLACE_EXISTING);
    assertThrows(ConfigException.class, tls::check, "the key is another's");
    Files.copy(own.key("two"), key, StandardCopyOption.REPLACE_EXISTING);
    tls.check();
    await(one.bus.renewCertificates(tls.server(), tls.client()));
    assertEquals("CN=two", presented(one));
    assertHears(one, two);
    assertHears(two, one);
  }

  private static String presented(Node node) throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(
        keys(own.certificate("two"), own.key("two"), own.ca()),
        trust(own.ca()),
        new SecureRandom());
    try (SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), node.port())) {
      socket.startHandshake();
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
          .getSubjectX500Principal()
          .getName();
    }
  }

  @Test
  void aCertificateOfAnotherCaIsRefusedAtTheStart() {
    BusTls mixed = new BusTls(foreign.certificate("one"), foreign.key("one"), own.ca());
    ConfigException refused = assertThrows(ConfigException.class, mixed::check);
    assertTrue(refused.getMessage().contains("not a valid certificate of"), refused.getMessage());
  }

  @Test
  void keysAreTheOwnersAlone() throws IOException {
    for (Path key : List.of(own.key("ca"), own.key("one"))) {
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
    }
    try (var files = Files.list(own.ca().getParent())) {
      assertEquals(6, files.count(), "two holders and the CA, a certificate and a key each");
    }
  }

  @Test
  void theCommandMakesASetThatFitsTogetherAndRenewsIt() throws Exception {
    Path made = folder.resolve("made");
    String[] command = {"certs", made.toString(), "--name", "a,b", "--host", "localhost,::1"};
    assertEquals(0, SottoCommand.execute(command));
    BusTls set =
        new BusTls(made.resolve("b.pem"), made.resolve("b-key.pem"), made.resolve("ca.pem"));
    set.check();
    String before = Files.readString(set.certificate());
    String ca = Files.readString(set.ca());
    assertEquals(0, SottoCommand.execute(command));
    set.check();
    assertNotEquals(before, Files.readString(set.certificate()));
    assertEquals(ca, Files.readString(set.ca()), "the CA stays");
    assertEquals(2, SottoCommand.execute("certs", made.toString(), "--name", "../x"));
    assertEquals(2, SottoCommand.execute("certs", made.toString(), "--days", "0"));
  }

  @Test
  void theEffectiveSettingsOfAMemberLeaveNoDoorOpen() {
    Config effective = one.hazelcast().getConfig();
    AdvancedNetworkConfig network = effective.getAdvancedNetworkConfig();
    assertTrue(network.isEnabled());
    assertEquals(
        Set.of(EndpointQualifier.MEMBER), network.getEndpointConfigs().keySet(), "no other door");
    assertFalse(network.getJoin().getMulticastConfig().isEnabled());
    assertFalse(network.getJoin().getAutoDetectionConfig().isEnabled());
    assertFalse(effective.getJetConfig().isEnabled());
    assertEquals("false", effective.getProperty("hazelcast.phone.home.enabled"));
    assertEquals("false", effective.getProperty("hazelcast.socket.bind.any"));
    assertFalse(effective.getClusterName().contains(SECRET));
    assertEquals("127.0.0.1", one.hazelcast().getCluster().getLocalMember().getAddress().getHost());
  }

  @Test
  void hazelcastHoldsNothingButTheBussOwnLists() {
    List<String> kept =
        one.hazelcast().getDistributedObjects().stream()
            .map(DistributedObject::getName)
            .filter(name -> !name.startsWith("__vertx."))
            .toList();
    assertEquals(List.of(), kept);
  }

  /** What Java's serialization would build for a rogue member. */
  private record Gadget() implements Serializable {}

  @Test
  void objectsOfStrangeClassesAreNotBuilt() {
    IMap<String, Object> map = two.hazelcast().getMap("__vertx.guarded");
    map.set("gadget", new Gadget());
    assertThrows(RuntimeException.class, () -> map.get("gadget"));
    map.destroy();
  }
}
