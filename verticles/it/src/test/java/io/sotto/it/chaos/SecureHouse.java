package io.sotto.it.chaos;

import io.sotto.it.NodeProcess;
import io.sotto.it.Recordings;
import io.sotto.node.CertificateFolder;
import io.sotto.storage.PgOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.gaul.s3proxy.AccessGrant;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/**
 * Two nodes under the profile production, set up as docs/operations/security.md says: every secret
 * in a file that can be written again.
 */
final class SecureHouse implements AutoCloseable {
  private static final List<String> FLAGS = List.of("-Xmx192m", "-XX:TieredStopAtLevel=1");
  private static final List<String> HOSTS = List.of("127.0.0.1");
  private static final String CLUSTER_SECRET = "canary-of-the-cluster";
  private static final String WEBHOOK_SECRET = "whsec_" + "Q".repeat(32);
  private static final int DAYS = 2;
  private static final long PATIENCE_S = 60;

  private final Path folder;
  private final Path secrets;
  private final Database database;
  private final CertificateFolder certificates;
  private final ConcurrentMap<String, String> s3Keys = new ConcurrentHashMap<>();
  private final S3Proxy s3;
  private final ConcurrentLinkedQueue<String> said = new ConcurrentLinkedQueue<>();
  private final List<String> values = new ArrayList<>(List.of(CLUSTER_SECRET, WEBHOOK_SECRET));
  private NodeProcess front;
  private NodeProcess worker;
  private int lives;

  private SecureHouse(Path folder) throws Exception {
    this.folder = folder;
    this.secrets = Files.createDirectories(folder.resolve("secrets"));
    this.certificates = CertificateFolder.open(folder.resolve("certificates"));
    this.database = Database.start(folder.resolve("postgres"));
    this.s3 = s3(Files.createDirectories(folder.resolve("objects")));
  }

  static SecureHouse open(Path folder) throws Exception {
    SecureHouse house = new SecureHouse(folder);
    try {
      house.start();
      return house;
    } catch (Exception e) {
      house.close();
      throw e;
    }
  }

  private S3Proxy s3(Path objects) throws Exception {
    var store = new FilesystemNio2BlobStore(objects.toString());
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(store)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "unused", "unused")
            .ignoreUnknownHeaders(true)
            .build();
    proxy.setBlobStoreLocator(
        (identity, container, blob) -> {
          String secret = s3Keys.get(identity);
          return secret == null ? null : new AccessGrant(secret, store);
        });
    proxy.start();
    return proxy;
  }

  private void start() throws Exception {
    for (String name : List.of("front", "worker", "database")) {
      certificates.issue(name, HOSTS, DAYS);
    }
    prepareDatabase();
    s3Keys.put("key-1", "canary-of-s3-1");
    write("s3-access", "key-1");
    write("s3-secret", "canary-of-s3-1");
    write("cluster", CLUSTER_SECRET);
    write("webhooks", WEBHOOK_SECRET);
    migrate();
    front = node("front", "http,ingest,scheduler");
    front.node();
    worker = node("worker", "worker");
    worker.node();
  }

  private void prepareDatabase() throws Exception {
    Path cluster = folder.resolve("postgres/cluster");
    Files.copy(certificates.certificate("database"), cluster.resolve("server.crt"));
    Files.copy(certificates.key("database"), cluster.resolve("server.key"));
    Files.writeString(
        cluster.resolve("pg_hba.conf"),
        """
        host all sotto 127.0.0.1/32 scram-sha-256
        hostssl all all 127.0.0.1/32 scram-sha-256
        """);
    database.ask("alter system set ssl = on");
    database.ask("select pg_reload_conf()::text");
    database.ask(Files.readString(Recordings.HOME.resolve("scripts/database-roles.sql")));
    for (String role : List.of("sotto_owner", "sotto_read")) {
      database.ask("alter role " + role + " password 'canary-of-" + role + "'");
    }
    write("user", "sotto_app");
    password("sotto_app", "canary-of-app-1");
  }

  private void password(String role, String value) throws Exception {
    write("password", value);
    database.ask("alter role " + role + " password '" + value + "'");
  }

  /** Each secret is one line of a file that is replaced whole. */
  private void write(String name, String value) throws Exception {
    values.add(value);
    Path fresh = Files.writeString(secrets.resolve(name + ".fresh"), value + "\n");
    Files.move(fresh, secrets.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private Map<String, String> database(String user, String password) {
    return Map.of(
        "SOTTO_DATABASE_HOST",
        "127.0.0.1",
        "SOTTO_DATABASE_PORT",
        Integer.toString(database.proxy().port()),
        "SOTTO_DATABASE_NAME",
        database.options().database(),
        "SOTTO_DATABASE_USER_FILE",
        user,
        "SOTTO_DATABASE_PASSWORD_FILE",
        password,
        "SOTTO_DATABASE_SSL_MODE",
        "verify-full",
        "SOTTO_DATABASE_SSL_CA",
        certificates.ca().toString(),
        "SOTTO_DATABASE_MIGRATE",
        "false");
  }

  /** {@code sotto migrate}, as the role that may. */
  private void migrate() throws Exception {
    Path user = Files.writeString(secrets.resolve("owner"), "sotto_owner");
    Path password = Files.writeString(secrets.resolve("owner-password"), "canary-of-sotto_owner");
    List<String> command = NodeProcess.java(FLAGS, "", "io.sotto.node.Main");
    command.add("migrate");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(database(user.toString(), password.toString()));
    Path log = folder.resolve("migrate.log");
    Process migrating = builder.redirectOutput(log.toFile()).start();
    if (!migrating.waitFor(PATIENCE_S, TimeUnit.SECONDS) || migrating.exitValue() != 0) {
      migrating.destroyForcibly();
      throw new AssertionError("sotto migrate: " + Files.readString(log));
    }
  }

  private NodeProcess node(String name, String roles) throws Exception {
    Map<String, String> all = new HashMap<>();
    if (!roles.equals("worker")) {
      all.putAll(database(file("user"), file("password")));
      all.put("SOTTO_S3_ENDPOINT", "http://127.0.0.1:" + s3.getPort());
      all.put("SOTTO_S3_ACCESS_KEY_FILE", file("s3-access"));
      all.put("SOTTO_S3_SECRET_KEY_FILE", file("s3-secret"));
      all.put("SOTTO_WEBHOOKS_SECRET_FILE", file("webhooks"));
    }
    all.put("SOTTO_NODE_PROFILE", "production");
    all.put("SOTTO_NODE_ROLES", roles);
    all.put("SOTTO_NODE_DATA", folder.resolve(name).toString());
    all.put("SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString());
    all.put("SOTTO_NODE_DRAIN_TIMEOUT", "9s");
    all.put("SOTTO_INGEST_TEMP", folder.resolve(name + "-ingest").toString());
    all.put("SOTTO_HTTP_PORT", "0");
    all.put("SOTTO_HTTP_MANAGEMENT_PORT", "0");
    all.put("SOTTO_WORKER_MODELS", FakeEngines.MODEL);
    all.put("SOTTO_AUDIT_WINDOW", "1s");
    all.put("SOTTO_CLUSTER_SECRET_FILE", file("cluster"));
    all.put("SOTTO_CLUSTER_PORT", Long.toString(28_000 + ProcessHandle.current().pid() % 100 * 20));
    all.put("SOTTO_CLUSTER_PORT_COUNT", "20");
    all.put("SOTTO_CLUSTER_TLS_CERTIFICATE", certificates.certificate(name).toString());
    all.put("SOTTO_CLUSTER_TLS_KEY", certificates.key(name).toString());
    all.put("SOTTO_CLUSTER_TLS_CA", certificates.ca().toString());
    List<String> flags = new ArrayList<>(FLAGS);
    flags.add("-D" + FakeNode.LATENCY_MS + "=100");
    Path classes = Recordings.HOME.resolve("verticles/it/target/test-classes");
    lives++;
    return NodeProcess.start(
        NodeProcess.java(flags, ":" + classes, FakeNode.class.getName()),
        all,
        folder.resolve(name + "-" + lives + ".log"),
        line -> said.add(name + ": " + line));
  }

  private String file(String secret) {
    return secrets.resolve(secret).toString();
  }

  private void awaitSaid(String node, String words) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    while (said.stream().noneMatch(l -> l.startsWith(node + ": ") && l.contains(words))) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(node + " never said: " + words);
      }
      Pause.ms(50);
    }
    said.removeIf(line -> line.startsWith(node + ": ") && line.contains(words));
  }

  /** The server knows both for as long as URLs that the old one signed may be in use. */
  void changeS3Keys() throws Exception {
    s3Keys.put("key-2", "canary-of-s3-2");
    write("s3-access", "key-2");
    write("s3-secret", "canary-of-s3-2");
    awaitSaid("front", "s3.secret-key was read again");
  }

  /** File and server a moment apart; connections are cut, so that all of them log in anew. */
  void changeDatabasePassword() throws Exception {
    password("sotto_app", "canary-of-app-2");
    database.terminateSessions();
    awaitSaid("front", "database.password was read again");
  }

  /** A second login of the same rights, and the first one is gone. */
  void changeDatabaseUser() throws Exception {
    database.ask("create role sotto_app_b login password 'canary-of-app-b' in role sotto_app");
    write("user", "sotto_app_b");
    write("password", "canary-of-app-b");
    awaitSaid("front", "database.user was read again");
    database.ask("alter role sotto_app nologin");
    database.terminateSessions();
  }

  void changeCertificates() throws Exception {
    for (String name : List.of("front", "worker")) {
      certificates.issue(name, HOSTS, DAYS);
    }
    for (String name : List.of("front", "worker")) {
      awaitSaid(name, "bus certificates renewed");
    }
  }

  /** It meets the other one anew, by what has been changed. */
  void restartWorker() throws Exception {
    worker.close();
    worker = node("worker", "worker");
    worker.node();
  }

  String url() {
    try {
      return front.url();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  List<Long> pids() {
    return List.of(front.pid(), worker.pid());
  }

  /** All values that nobody may read off a process. Names of users and keys are none. */
  List<String> secrets() {
    return values.stream()
        .filter(value -> value.contains("canary") || value.startsWith("whsec"))
        .toList();
  }

  Database database() {
    return database;
  }

  PgOptions reader() {
    PgOptions own = database.options();
    return new PgOptions(
        own.host(),
        own.port(),
        own.database(),
        () -> new PgOptions.Login("sotto_read", "canary-of-sotto_read"),
        1,
        "verify-full",
        certificates.ca());
  }

  @Override
  public void close() throws IOException {
    try {
      if (worker != null) {
        worker.close();
      }
      if (front != null) {
        front.close();
      }
      s3.stop();
      database.close();
    } catch (IOException e) {
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while it ended", e);
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}
