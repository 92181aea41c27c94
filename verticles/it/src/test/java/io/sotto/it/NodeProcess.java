package io.sotto.it;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node in a JVM of its own, as operators run it; and what operators, kernels and bad days do to
 * it. Every signal goes to this child's pid alone.
 */
public final class NodeProcess implements AutoCloseable {
  private static final Pattern NODE = Pattern.compile("Sotto is ready: roles \\S+, node (\\S+)");
  private static final Pattern URL = Pattern.compile("curl \\S+ \\S+ (http://[^/]+)/");
  private static final long READY_S = 120;
  private static final int LINES_KEPT = 200;
  private final Process process;
  private final Path log;
  private final Consumer<String> ear;
  private final Deque<String> said = new ArrayDeque<>();
  private final CompletableFuture<String> node = new CompletableFuture<>();
  private final CompletableFuture<String> url = new CompletableFuture<>();

  private NodeProcess(Process process, Path log, Consumer<String> ear) {
    this.process = process;
    this.log = log;
    this.ear = ear;
  }

  /** The command line of the product's Main. */
  static List<String> command(String... arguments) {
    List<String> line = java(List.of("-Xmx512m"), "", "io.sotto.node.Main");
    line.addAll(Arrays.asList(arguments));
    return line;
  }

  /** A JVM on the product's libraries, and on {@code more} of the class path. */
  public static List<String> java(List<String> flags, String more, String main) {
    Path home = Recordings.HOME;
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(flags);
    line.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dsotto.home=" + home,
            "-Dlogback.configurationFile=" + home.resolve("conf/logback.xml"),
            "-cp",
            home.resolve("verticles/node/target/lib") + "/*" + more,
            main));
    return line;
  }

  static NodeProcess start(Path data, String roles) throws IOException {
    Map<String, String> environment =
        Map.of(
            "SOTTO_HTTP_MANAGEMENT_PORT", "0",
            "SOTTO_CLUSTER_PORT", "17701",
            "SOTTO_CLUSTER_PORT_COUNT", "100",
            "SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString(),
            "SOTTO_INGEST_TEMP", data.resolve("ingest").toString());
    return start(
        command("serve", "--data", data.toString(), "--roles", roles, "--port", "0"),
        environment,
        Files.createTempFile(Files.createDirectories(data), "node-", ".log"),
        line -> {});
  }

  /** Each line it says goes into {@code log}, and to {@code ear} on the reader's thread. */
  public static NodeProcess start(
      List<String> command, Map<String, String> environment, Path log, Consumer<String> ear)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    NodeProcess node = new NodeProcess(builder.start(), log, ear);
    Thread.ofPlatform().daemon().name("ear of " + log.getFileName()).start(node::read);
    return node;
  }

  private void read() {
    try (BufferedReader lines = process.inputReader();
        BufferedWriter out = Files.newBufferedWriter(log)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        heard(line);
        out.write(line);
        out.newLine();
        out.flush();
      }
    } catch (IOException ended) {
      // killed: what it said is all there is
    }
    node.completeExceptionally(new AssertionError("it ended: " + lastWords()));
    url.completeExceptionally(new AssertionError("it ended: " + lastWords()));
  }

  private void heard(String line) {
    synchronized (said) {
      said.addLast(line);
      if (said.size() > LINES_KEPT) {
        said.removeFirst();
      }
    }
    ear.accept(line);
    find(NODE, line, node);
    find(URL, line, url);
  }

  private static void find(Pattern pattern, String line, CompletableFuture<String> found) {
    Matcher matcher = pattern.matcher(line);
    if (matcher.find()) {
      found.complete(matcher.group(1));
    }
  }

  String lastWords() {
    synchronized (said) {
      return String.join("\n", said.stream().skip(Math.max(0, said.size() - 30)).toList());
    }
  }

  /** Waits until it is ready; gives its node id. */
  public String node() throws Exception {
    return node.get(READY_S, TimeUnit.SECONDS);
  }

  public String url() throws Exception {
    return url.get(READY_S, TimeUnit.SECONDS);
  }

  /** Whether it has said where it listens. */
  public boolean listens() {
    return url.isDone() && !url.isCompletedExceptionally();
  }

  public boolean alive() {
    return process.isAlive();
  }

  public long pid() {
    return process.pid();
  }

  /** kill -9. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGSTOP: it stands still, and its sockets go on accepting. */
  public void freeze() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** SIGCONT. */
  public void thaw() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
  }

  /** SIGTERM, and half a minute to leave; a frozen one is woken for it. */
  @Override
  public void close() {
    try {
      process.toHandle().destroy(); // of a Process it would close what is said on the way out
      if (process.isAlive()) {
        thaw();
      }
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
