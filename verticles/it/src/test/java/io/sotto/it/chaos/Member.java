package io.sotto.it.chaos;

import io.sotto.it.NodeProcess;
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

  private final Ground.Spot spot;
  private final Map<String, String> environment;
  private final Path folder;
  private final long latencyMs;
  private final Consumer<String> ear;
  private volatile NodeProcess process;
  private List<String> flags = FLAGS;
  private int lives;

  /** {@code ear} hears every line of every node that holds this place, behind its name. */
  Member(
      Ground.Spot spot,
      String roles,
      Map<String, String> common,
      Path folder,
      long latencyMs,
      Consumer<String> ear) {
    this.spot = spot;
    this.folder = folder;
    this.latencyMs = latencyMs;
    this.ear = ear;
    this.environment = new HashMap<>(common);
    environment.put("SOTTO_NODE_ROLES", roles);
    environment.put("SOTTO_NODE_DATA", folder.resolve(name()).toString());
    environment.put("SOTTO_INGEST_TEMP", folder.resolve(name() + "-ingest").toString());
    environment.putAll(spot.settings());
  }

  /** Of the next process, instead of those that let many small ones be on one machine. */
  void flags(List<String> others) {
    flags = others;
  }

  String name() {
    return spot.name();
  }

  /** Starts a node here; {@link #ready} waits for it. */
  void start() throws IOException {
    start(Build.THIS);
  }

  /** The same, of another build. */
  void start(Build build) throws IOException {
    List<String> all = new java.util.ArrayList<>(flags);
    all.add("-D" + FakeNode.LATENCY_MS + "=" + latencyMs);
    Path logs = Files.createDirectories(folder.resolve("logs"));
    List<String> command = new java.util.ArrayList<>(spot.command());
    command.addAll(
        NodeProcess.java(build.home(), all, ":" + build.classes(), FakeNode.class.getName()));
    lives++;
    process =
        NodeProcess.start(
            command,
            environment,
            logs.resolve(name() + "-" + lives + ".log"),
            line -> ear.accept(name() + " " + line));
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

  long pid() {
    return process.pid();
  }

  /** Where its health and metrics are, once it has said so. */
  Optional<String> management() {
    NodeProcess now = process;
    return now == null ? Optional.empty() : Optional.of(now.management()).filter(u -> !u.isEmpty());
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

  /** In the same instant: all are signalled before the first is waited for. */
  static void killTogether(List<Member> members) throws InterruptedException {
    NodeProcess.killTogether(members.stream().map(member -> member.process).toList());
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
