package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.embedded.EmbeddedStores;
import io.sotto.storage.PgOptions;
import io.sotto.storage.S3Options;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * S28: the files of the image, run as a container engine would, without one: uid 65532, no
 * capabilities, a read-only root, production profile, secrets from files, stores outside.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ImageIT {
  /** Where the certificates of its bus are, in the tree. */
  private static final String BUS = "/var/cache/sotto/bus";

  private static final Path TREE = Recordings.HOME.resolve("verticles/it/target/image-tree");
  private static final String UID = "65532";
  private static final long COMMAND_S = 60;

  @TempDir private static Path folder;
  private static Path cache;
  private static EmbeddedStores stores;
  private static NodeProcess node;
  private static Api api;
  private static int management;

  @BeforeAll
  static void build() throws Exception {
    assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "the image's tree is not run: changing its root needs root");
    for (String program : List.of("unshare", "setpriv", "chroot", "dpkg-query", "jpackage")) {
      assumeTrue(has(program), "the image's tree is not run: there is no " + program);
    }
    Process made = start(Map.of(), "scripts/image-tree.sh", TREE.toString());
    String said = new String(made.getInputStream().readAllBytes());
    assertEquals(0, made.waitFor(), said);
    serve();
  }

  /** Beside the JDK that runs this, or on the path. */
  private static boolean has(String program) {
    return Stream.concat(
            Stream.of(System.getProperty("java.home") + "/bin"),
            Stream.of(System.getenv("PATH").split(":")))
        .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
  }

  private static void serve() throws Exception {
    stores = EmbeddedStores.open(folder.resolve("data"), Recordings.HOME.resolve("target/cache"));
    cache = Files.createDirectory(folder.resolve("cache"));
    Files.writeString(cache.resolve("database-password"), stores.postgres().password() + "\n");
    Files.writeString(cache.resolve("s3-secret-key"), stores.s3().secretKey() + "\n");
    Files.writeString(cache.resolve("cluster-secret"), "known-to-this-cluster-alone\n");
    assertEquals(0, start(Map.of(), "chown", "-R", UID + ":" + UID, cache.toString()).waitFor());
    Map<String, String> where = Map.of("CACHE", cache.toString());
    Process certs = start(where, inTree("certs", BUS).toArray(String[]::new));
    String said = new String(certs.getInputStream().readAllBytes());
    assertEquals(0, certs.waitFor(), said);
    management = Programs.freePort();
    node =
        NodeProcess.start(inTree("serve"), environment(), folder.resolve("node.log"), line -> {});
    api = new Api(URI.create(node.url()));
  }

  private static List<String> inTree(String... arguments) {
    List<String> line =
        new ArrayList<>(
            List.of(
                Recordings.HOME.resolve("scripts/image-run.sh").toString(),
                TREE.toString(),
                "/opt/sotto/bin/sotto"));
    line.addAll(List.of(arguments));
    return line;
  }

  /** The image's own, as its ENV says, and what this house needs. */
  private static Map<String, String> environment() throws IOException {
    PgOptions pg = stores.postgres();
    S3Options s3 = stores.s3();
    Map<String, String> all = new HashMap<>(Dockerfile.read().environment("cpu"));
    all.put("CACHE", cache.toString());
    all.put("SOTTO_NODE_PROFILE", "production");
    all.put("SOTTO_HTTP_HOST", "127.0.0.1");
    all.put("SOTTO_HTTP_PORT", "0");
    all.put("SOTTO_HTTP_MANAGEMENT_PORT", Integer.toString(management));
    all.put("SOTTO_CLUSTER_PORT", "17701");
    all.put("SOTTO_CLUSTER_PORT_COUNT", "100");
    all.put("SOTTO_CLUSTER_NAME", "image-" + management);
    all.put("SOTTO_CLUSTER_SECRET_FILE", "/var/cache/sotto/cluster-secret");
    all.put("SOTTO_CLUSTER_TLS_CERTIFICATE", BUS + "/node.pem");
    all.put("SOTTO_CLUSTER_TLS_KEY", BUS + "/node-key.pem");
    all.put("SOTTO_CLUSTER_TLS_CA", BUS + "/ca.pem");
    all.put("SOTTO_DATABASE_HOST", pg.host());
    all.put("SOTTO_DATABASE_PORT", Integer.toString(pg.port()));
    all.put("SOTTO_DATABASE_NAME", pg.database());
    all.put("SOTTO_DATABASE_USER", pg.user());
    all.put("SOTTO_DATABASE_PASSWORD_FILE", "/var/cache/sotto/database-password");
    all.put("SOTTO_S3_ENDPOINT", s3.endpoint());
    all.put("SOTTO_S3_ACCESS_KEY", s3.accessKey());
    all.put("SOTTO_S3_SECRET_KEY_FILE", "/var/cache/sotto/s3-secret-key");
    return all;
  }

  private static Process start(Map<String, String> environment, String... command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(Recordings.HOME.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.start();
  }

  @AfterAll
  static void stop() {
    if (node != null) {
      node.close();
      stores.close();
    }
  }

  @Test
  void aRecordingIsTranscribedThroughIt() throws Exception {
    String id = Api.json(api.upload(Api.JOBS, Recordings.JFK, Map.of())).path("id").asText();
    JsonNode job = api.await(id, Api::ended);
    assertEquals("completed", job.path("status").asText(), job::toString);
    assertEquals(Recordings.JFK_WORDS, Recordings.words(job.path("text").asText()));
  }

  @Test
  void theProcessIsNobodyAndCanBecomeNobodyElse() throws Exception {
    Map<String, String> status = new HashMap<>();
    for (String line : Files.readAllLines(Path.of("/proc/" + node.pid() + "/status"))) {
      String[] sides = line.split(":\\s*", 2);
      status.put(sides[0], sides[1]);
    }
    assertEquals("sotto", status.get("Name").strip());
    assertEquals(List.of(UID, UID, UID, UID), List.of(status.get("Uid").split("\\s+")));
    assertEquals(List.of(UID, UID, UID, UID), List.of(status.get("Gid").split("\\s+")));
    assertEquals("", status.get("Groups").strip());
    assertEquals("0000000000000000", status.get("CapEff"));
    assertEquals("0000000000000000", status.get("CapPrm"));
    assertEquals("1", status.get("NoNewPrivs"));
  }

  /** S24: a secret is in no environment and on no command line. */
  @Test
  void secretsComeFromFilesAlone() throws Exception {
    String secret = stores.s3().secretKey();
    assertFalse(secret.isEmpty());
    for (String file : List.of("environ", "cmdline")) {
      String held = Files.readString(Path.of("/proc/" + node.pid(), file));
      assertFalse(held.contains(secret), file);
    }
  }

  @Test
  void theHealthCheckOfTheImageAnswers() throws Exception {
    List<String> check = Dockerfile.read().healthcheck("cpu");
    assertEquals(List.of("/opt/sotto/bin/sotto", "health"), check);
    for (String[] command : List.of(new String[] {"health"}, new String[] {"health", "--ready"})) {
      Process health = start(environment(), inTree(command).toArray(String[]::new));
      String said = new String(health.getInputStream().readAllBytes());
      assertTrue(health.waitFor(COMMAND_S, TimeUnit.SECONDS), said);
      assertEquals(0, health.exitValue(), said);
      assertTrue(said.contains("\"status\":\"up\""), said);
    }
  }

  @Test
  void itCarriesTheBillOfItsLibraries() throws Exception {
    Path bill = TREE.resolve("opt/sotto").resolve(Bill.FILE.getFileName());
    assertEquals(-1, Files.mismatch(Bill.FILE, bill));
  }

  /** Besides the Java machine's own tools, sotto is the only program. */
  @Test
  void thereIsNoShellInTheTree() throws Exception {
    try (Stream<Path> files = Files.walk(TREE)) {
      List<String> programs =
          files
              .filter(Files::isRegularFile)
              .filter(Files::isExecutable)
              .map(file -> TREE.relativize(file).toString())
              .filter(file -> !file.endsWith(".so") && !file.contains(".so."))
              .filter(file -> !file.startsWith("opt/sotto/lib/runtime/"))
              .toList();
      assertEquals(List.of("opt/sotto/bin/sotto"), programs);
    }
  }
}
