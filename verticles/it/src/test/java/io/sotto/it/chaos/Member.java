package io.sotto.it.chaos;

import io.sotto.it.NodeProcess;
import io.sotto.it.Recordings;
import io.sotto.protocol.CrashPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A place in the cluster that a node holds, and its successor after the node was killed. */
final class Member implements AutoCloseable {
  private static final List<String> FLAGS =
      List.of("-Xmx192m", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError");

  private final String name;
  private final Map<String, String> environment;
  private final Path folder;
  private final long latencyMs;
  private final Consumer<String> ear;
  private volatile NodeProcess process;
  private int lives;

  /** {@code ear} hears every line of every node that holds this place, behind its name. */
  Member(
      String name,
      String roles,
      Map<String, String> common,
      Path folder,
      long latencyMs,
      Consumer<String> ear) {
    this.name = name;
    this.folder = folder;
    this.latencyMs = latencyMs;
    this.ear = ear;
    this.environment = new HashMap<>(common);
    environment.put("SOTTO_NODE_ROLES", roles);
    environment.put("SOTTO_NODE_DATA", folder.resolve(name).toString());
    environment.put("SOTTO_INGEST_TEMP", folder.resolve(name + "-ingest").toString());
  }

  String name() {
    return name;
  }

  /** Starts a node here; {@link #ready} waits for it. */
  void start() throws IOException {
    List<String> flags = new java.util.ArrayList<>(FLAGS);
    flags.add("-D" + FakeNode.LATENCY_MS + "=" + latencyMs);
    Path classes = Recordings.HOME.resolve("verticles/it/target/test-classes");
    Path logs = Files.createDirectories(folder.resolve("logs"));
    lives++;
    process =
        NodeProcess.start(
            NodeProcess.java(flags, ":" + classes, FakeNode.class.getName()),
            environment,
            logs.resolve(name + "-" + lives + ".log"),
            line -> ear.accept(name + " " + line));
  }

  /** Waits until the node works; gives its id. */
  String ready() throws Exception {
    return process.node();
  }

  /** Where its API listens, once it has said so. */
  Optional<String> url() {
    NodeProcess now = process;
    try {
      return now != null && now.listens() ? Optional.of(now.url()) : Optional.empty();
    } catch (Exception ended) {
      return Optional.empty();
    }
  }

  boolean alive() {
    return process.alive();
  }

  /** Has it die, or wait to be frozen, at a {@link CrashPoint} after so many passes. */
  void crashAt(CrashPoint point, int passes, boolean freeze) throws IOException {
    tell(point.label() + ":" + passes + ":" + (freeze ? "freeze" : "kill"));
  }

  /** Something that {@link FakeNode} understands. */
  void tell(String order) throws IOException {
    process.tell(order);
  }

  void kill() throws InterruptedException {
    process.kill();
  }

  void freeze() throws IOException, InterruptedException {
    process.freeze();
  }

  void thaw() throws IOException, InterruptedException {
    process.thaw();
  }

  /** SIGTERM; blocks until it has left. */
  void leave() {
    process.close();
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
