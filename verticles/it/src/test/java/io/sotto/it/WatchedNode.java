package io.sotto.it;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A node with all roles in a process of its own, whose memory can be weighed and whose log is read
 * for reports of blocked event loops. Its heap has one size from the beginning, all of it touched:
 * what it grows by is outside the heap.
 */
final class WatchedNode implements AutoCloseable {
  private static final Pattern MANAGEMENT =
      Pattern.compile("health and metrics +(http://[^/]+)/.*");
  private static final List<String> HEAP =
      List.of("-Xms320m", "-Xmx320m", "-XX:+AlwaysPreTouch", "-XX:+ExitOnOutOfMemoryError");
  private static final long READY_S = 60;
  private final CompletableFuture<URI> management = new CompletableFuture<>();
  private final Queue<String> blocked = new ConcurrentLinkedQueue<>();
  private final Map<String, String> environment = new HashMap<>();
  private final NodeProcess process;
  private final long pid;

  /** {@code settings}: keys as the environment names them. */
  WatchedNode(Path data, Map<String, String> settings) throws IOException {
    environment.put("SOTTO_HTTP_MANAGEMENT_PORT", "0");
    environment.put("SOTTO_CLUSTER_PORT", "17801");
    environment.put("SOTTO_CLUSTER_PORT_COUNT", "100");
    environment.put("SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString());
    environment.put("SOTTO_INGEST_TEMP", data.resolve("ingest").toString());
    environment.putAll(settings);
    List<String> command = new ArrayList<>(NodeProcess.java(HEAP, "", "io.sotto.node.Main"));
    command.addAll(List.of("serve", "--data", data.toString(), "--port", "0"));
    process = NodeProcess.start(command, environment, data.resolve("node.log"), this::hear);
    pid = process.pid();
  }

  private void hear(String line) {
    Matcher told = MANAGEMENT.matcher(line.strip());
    if (told.matches()) {
      management.complete(URI.create(told.group(1)));
    }
    if (line.contains("has been blocked for")) {
      blocked.add(line);
    }
  }

  /** The API, once it is ready. */
  URI url() throws Exception {
    return URI.create(process.url());
  }

  URI management() throws Exception {
    return management.get(READY_S, TimeUnit.SECONDS);
  }

  /** What it said about threads that were blocked, since it was asked last. */
  List<String> blocked() {
    List<String> reports = new ArrayList<>();
    for (String line = blocked.poll(); line != null; line = blocked.poll()) {
      reports.add(line);
    }
    return reports;
  }

  boolean alive() {
    return process.alive();
  }

  String lastWords() {
    return process.lastWords();
  }

  /** Resident memory of the JVM, in MiB; child processes are not counted. */
  long residentMb() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
      }
    }
    throw new AssertionError("the node is gone: " + lastWords());
  }

  @Override
  public void close() {
    process.close();
  }
}
