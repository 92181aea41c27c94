package io.sotto.it;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/** The balancer as operators run it: the real program, on {@code conf/haproxy.cfg}. */
public final class Haproxy implements AutoCloseable {
  /** Why a test that needs it was skipped. */
  public static final String MISSING =
      "haproxy is not installed (apt-get install haproxy): nothing was balanced here";

  /** How many nodes the file has room for. */
  public static final int NODES = 3;

  static final Path CONFIG = Recordings.HOME.resolve("conf/haproxy.cfg");
  private static final String LOCAL = "127.0.0.1:";
  private static final long END_S = 10;
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final int CSV_NAME = 1;
  private static final int CSV_STATUS = 17;
  private final Process process;
  private final int port;
  private final int statsPort;
  private final SelfSigned certificate;
  private final HttpClient http = HttpClient.newHttpClient();

  /** Where a node's API and its readiness are, on this machine. */
  public record Node(int port, int managementPort) {}

  private Haproxy(Process process, int port, int statsPort, SelfSigned certificate) {
    this.process = process;
    this.port = port;
    this.statsPort = statsPort;
    this.certificate = certificate;
  }

  /** The program, where this machine has it. */
  public static Optional<Path> program() {
    String path = System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin";
    return Stream.of(path.split(":"))
        .map(folder -> Path.of(folder, "haproxy"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** What {@code haproxy -c} says of the file; it fails where that is not valid. */
  static String check(Path folder) throws Exception {
    Map<String, String> environment =
        environment(
            SelfSigned.create(folder),
            Programs.freePort(),
            Programs.freePort(),
            List.of(new Node(1, 1)));
    Process check = command(folder, environment, "-c").start();
    String said = new String(check.getInputStream().readAllBytes());
    if (check.waitFor() != 0) {
      throw new AssertionError(said);
    }
    return said;
  }

  /** Listens on a free port with a certificate of its own, before {@code nodes}, at most three. */
  public static Haproxy start(Path folder, List<Node> nodes) throws Exception {
    SelfSigned certificate = SelfSigned.create(folder);
    int port = Programs.freePort();
    int statsPort = Programs.freePort();
    ProcessBuilder command =
        command(folder, environment(certificate, port, statsPort, nodes), "-db");
    command.redirectOutput(folder.resolve("haproxy.log").toFile());
    return new Haproxy(command.start(), port, statsPort, certificate);
  }

  private static ProcessBuilder command(
      Path folder, Map<String, String> environment, String option) {
    Path program = program().orElseThrow(() -> new IllegalStateException(MISSING));
    ProcessBuilder command =
        new ProcessBuilder(program.toString(), option, "-f", CONFIG.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true);
    command.environment().putAll(environment);
    return command;
  }

  private static Map<String, String> environment(
      SelfSigned certificate, int port, int statsPort, List<Node> nodes) throws IOException {
    Map<String, String> all = new HashMap<>();
    all.put("SOTTO_CERTIFICATE", certificate.pem().toString());
    all.put("SOTTO_HTTPS", LOCAL + port);
    all.put("SOTTO_HTTP", LOCAL + Programs.freePort());
    all.put("SOTTO_STATS", LOCAL + statsPort);
    for (int i = 1; i <= NODES; i++) {
      Node node = nodes.get(Math.min(i, nodes.size()) - 1);
      all.put("SOTTO_NODE_" + i, LOCAL + node.port);
      all.put("SOTTO_MANAGEMENT_" + i, Integer.toString(node.managementPort));
    }
    return all;
  }

  public URI url() {
    return URI.create("https://localhost:" + port);
  }

  /** What clients trust. */
  public SSLContext trust() {
    return certificate.trust();
  }

  /** Whether the node with this number, from 1, is sent requests. */
  public boolean up(int number) throws InterruptedException {
    return status(number).startsWith("UP");
  }

  /** As the statistics have it: {@code UP}, {@code DOWN}, and words between. */
  private String status(int number) throws InterruptedException {
    URI csv = URI.create("http://" + LOCAL + statsPort + "/stats;csv");
    try {
      String all =
          http.send(HttpRequest.newBuilder(csv).timeout(ANSWER).build(), BodyHandlers.ofString())
              .body();
      return all.lines()
          .map(line -> line.split(","))
          .filter(row -> row[CSV_NAME].equals("node-" + number))
          .map(row -> row[CSV_STATUS])
          .findFirst()
          .orElse("unknown");
    } catch (IOException startsStill) {
      return "starting";
    }
  }

  @Override
  public void close() {
    http.close();
    Programs.end(process, END_S);
  }
}
