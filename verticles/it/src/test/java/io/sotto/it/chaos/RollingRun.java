package io.sotto.it.chaos;

import io.sotto.it.Haproxy;
import io.sotto.it.Programs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Three nodes with every role behind the real balancer, restarted one after the other under load,
 * as an operator does it: the next only when the balancer sends requests to the last one again.
 */
final class RollingRun {
  private static final int SOUNDS = 8;
  private static final long LATENCY_MS = 300;
  private static final long SETTLE_MS = 90_000;
  private static final long UP_S = 90;
  private static final String EVERY_ROLE = "http,ingest,scheduler,worker";

  private final Path folder;
  private final Consumer<String> out;
  private final List<Build> builds;
  private final Checker checker = new Checker();
  private final DrainWatch watch = new DrainWatch();
  private final List<Double> drainsMs = new ArrayList<>();
  private int handedBackMost;
  private int restarts;

  /**
   * {@code drainsMs}: from SIGTERM to the end of the process, smallest first; {@code
   * handedBackMost}: the most chunks that one restart gave back unfinished.
   */
  record Rolled(
      int restarts,
      List<Double> drainsMs,
      int handedBackMost,
      int handedBack,
      Callers.Tally tally,
      Checker.Verdict verdict) {}

  /** Nodes alternate between {@code builds}, at any time of different ones where there are two. */
  RollingRun(Path folder, List<Build> builds, Consumer<String> out) {
    this.folder = folder;
    this.builds = builds;
    this.out = out;
  }

  Rolled run(int rounds, int clients, Map<String, String> settings) throws Exception {
    List<Haproxy.Node> ports = new ArrayList<>();
    List<House.Place> places = new ArrayList<>();
    for (int i = 1; i <= Haproxy.NODES; i++) {
      Haproxy.Node node = new Haproxy.Node(Programs.freePort(), Programs.freePort());
      ports.add(node);
      places.add(new House.Place("node-" + i, EVERY_ROLE, own(node, settings)));
    }
    try (Recorder recorder = Recorder.open(folder.resolve("facts.txt"));
        House house = House.open(folder, places, LATENCY_MS, watch);
        Haproxy balancer = Haproxy.start(folder, ports);
        Client client = new Client(house::urls, recorder);
        Callers callers =
            new Callers(balancer.url(), balancer.trust(), recorder, Sound.several(SOUNDS))) {
      learn(new Load(client, recorder, Sound.several(SOUNDS)), client);
      for (int i = 1; i <= Haproxy.NODES; i++) {
        awaitUp(balancer, i);
      }
      callers.start(clients, 1);
      roll(house, balancer, rounds);
      callers.stop(SETTLE_MS);
      Checker.Verdict verdict = checker.judge(recorder, house.database());
      drainsMs.sort(null);
      return new Rolled(
          restarts, drainsMs, handedBackMost, watch.handedBack(), callers.tally(), verdict);
    }
  }

  private static Map<String, String> own(Haproxy.Node node, Map<String, String> settings) {
    Map<String, String> own = new java.util.HashMap<>(settings);
    own.put("SOTTO_HTTP_PORT", Integer.toString(node.port()));
    own.put("SOTTO_HTTP_MANAGEMENT_PORT", Integer.toString(node.managementPort()));
    own.put("SOTTO_NODE_DRAIN_TIMEOUT", "30s");
    return own;
  }

  /** Each recording once, undisturbed. */
  private void learn(Load load, Client client) throws InterruptedException {
    for (Sound sound : Sound.several(SOUNDS)) {
      Recorder.Asked one = load.one(sound);
      checker.learn(one, client.chunks(one));
    }
  }

  private void roll(House house, Haproxy balancer, int rounds) throws Exception {
    for (int round = 1; round <= rounds; round++) {
      for (int number = 1; number <= Haproxy.NODES; number++) {
        Build build = builds.get((round + number) % builds.size());
        restart(house.fronts().get(number - 1), build);
        awaitUp(balancer, number);
        out.accept(
            "round %d/%d node-%d now %s; drained in %s; %d chunks handed back"
                .formatted(
                    round,
                    rounds,
                    number,
                    build.name(),
                    Percentile.seconds(drainsMs.getLast()),
                    watch.handedBack()));
      }
    }
  }

  private void restart(Member node, Build build) throws Exception {
    int before = watch.handedBack();
    long begun = System.nanoTime();
    node.leave();
    drainsMs.add((System.nanoTime() - begun) / 1e6);
    handedBackMost = Math.max(handedBackMost, watch.handedBack() - before);
    node.start(build);
    node.ready();
    restarts++;
  }

  private static void awaitUp(Haproxy balancer, int number) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(UP_S);
    while (!balancer.up(number)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("node-" + number + " is not up at the balancer");
      }
      Pause.ms(100);
    }
  }
}
