package io.sotto.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code sotto serve} in a JVM of its own, as operators run it. */
final class NodeProcess implements AutoCloseable {
  private static final Pattern NODE = Pattern.compile("Sotto is ready: roles \\S+, node (\\S+)");
  private static final Pattern URL = Pattern.compile("curl \\S+ \\S+ (http://[^/]+)/");
  private static final long READY_S = 60;
  private final Process process;
  private final List<String> said = new ArrayList<>();
  private final CompletableFuture<String> node = new CompletableFuture<>();
  private final CompletableFuture<String> url = new CompletableFuture<>();

  private NodeProcess(Process process) {
    this.process = process;
    Thread.ofPlatform().daemon().start(this::read);
  }

  /** The command line of the product's Main. */
  static List<String> command(String... arguments) {
    Path home = Recordings.HOME;
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dsotto.home=" + home,
                "-Dlogback.configurationFile=" + home.resolve("conf/logback.xml"),
                "-cp",
                home.resolve("verticles/node/target/lib") + "/*",
                "io.sotto.node.Main"));
    line.addAll(Arrays.asList(arguments));
    return line;
  }

  static NodeProcess start(Path data, String roles) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            command("serve", "--data", data.toString(), "--roles", roles, "--port", "0"));
    builder.environment().put("SOTTO_HTTP_MANAGEMENT_PORT", "0");
    builder.environment().put("SOTTO_CLUSTER_PORT", "17701");
    builder.environment().put("SOTTO_CLUSTER_PORT_COUNT", "100");
    builder
        .environment()
        .put("SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString());
    builder.environment().put("SOTTO_INGEST_TEMP", data.resolve("ingest").toString());
    return new NodeProcess(builder.redirectErrorStream(true).start());
  }

  private void read() {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (said) {
          said.add(line);
        }
        find(NODE, line, node);
        find(URL, line, url);
      }
    } catch (IOException ended) {
      // killed: what it said is all there is
    }
    node.completeExceptionally(new AssertionError("it ended: " + lastWords()));
    url.completeExceptionally(new AssertionError("it ended: " + lastWords()));
  }

  private static void find(Pattern pattern, String line, CompletableFuture<String> found) {
    Matcher matcher = pattern.matcher(line);
    if (matcher.find()) {
      found.complete(matcher.group(1));
    }
  }

  String lastWords() {
    synchronized (said) {
      return String.join("\n", said.subList(Math.max(0, said.size() - 30), said.size()));
    }
  }

  /** Waits until it is ready; gives its node id. */
  String node() throws Exception {
    return node.get(READY_S, TimeUnit.SECONDS);
  }

  String url() throws Exception {
    return url.get(READY_S, TimeUnit.SECONDS);
  }

  /** SIGSTOP: it stands still, and its sockets go on accepting. */
  void freeze() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** SIGCONT. */
  void thaw() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
  }

  /** kill -9. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
