package io.sotto.it.chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Workers are cut from schedulers, while all reach the stores: one for a while and for long, all of
 * them, one in one direction only, and again and again.
 */
record Partition() implements Study {
  private static final long LONG_MS = 1000 * Long.getLong("sotto.chaos.partition.long-s", 60);
  private static final long SHORT_MS = 10_000;
  private static final long ONE_WAY_MS = 20_000;
  private static final long FLAP_MS = 3_000;
  private static final int FLAPS = 6;
  private static final long HEAL_MS = 90_000;
  private static final int CLIENTS = 10;
  private static final House.Size SIZE = new House.Size(2, 2, 1_200);
  private static final List<String> FRONTS = List.of("front-1", "front-2");
  private static final List<String> WORKERS = List.of("worker-1", "worker-2");
  private static final List<String> ONE = List.of("worker-1");

  /** Does the cut; the caller heals it. */
  private interface Cut {
    void run() throws InterruptedException;
  }

  @Override
  public String name() {
    return "partition";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    List<String> all = List.of("front-1", "front-2", "worker-1", "worker-2");
    try (Network network = Network.open(all, Map.of());
        Scene scene = Scene.open(folder, SIZE, network, out)) {
      scene.start(CLIENTS);
      Pause.ms(SHORT_MS);
      List<Outcome.Figure> figures = new ArrayList<>();
      figures.addAll(one(scene, network, "a worker cut from both schedulers", SHORT_MS));
      figures.addAll(one(scene, network, "a worker cut from both schedulers", LONG_MS));
      figures.addAll(everyWorker(scene, network));
      figures.addAll(oneWay(scene, network, "what a worker says does not arrive", ONE, FRONTS));
      figures.addAll(oneWay(scene, network, "a worker hears nothing", FRONTS, ONE));
      figures.addAll(flapping(scene, network));
      Checker.Verdict verdict = scene.judge();
      figures.add(Scene.violations(verdict));
      return new Seen(figures, verdict.findings());
    }
  }

  private List<Outcome.Figure> one(Scene scene, Network network, String what, long ms)
      throws Exception {
    return withOne(
        scene,
        network,
        what + " for " + ms / 1000 + " s",
        () -> {
          network.cut(ONE, FRONTS);
          Pause.ms(ms);
        });
  }

  private List<Outcome.Figure> oneWay(
      Scene scene, Network network, String what, List<String> from, List<String> to)
      throws Exception {
    return withOne(
        scene,
        network,
        what + " for " + ONE_WAY_MS / 1000 + " s",
        () -> {
          network.drop(from, to);
          Pause.ms(ONE_WAY_MS);
        });
  }

  private List<Outcome.Figure> flapping(Scene scene, Network network) throws Exception {
    return withOne(
        scene,
        network,
        "a worker cut and healed every " + FLAP_MS / 1000 + " s, " + FLAPS + " times",
        () -> {
          for (int flap = 0; flap < FLAPS; flap++) {
            network.cut(ONE, FRONTS);
            Pause.ms(FLAP_MS);
            network.heal();
            Pause.ms(flap < FLAPS - 1 ? FLAP_MS : 0);
          }
        });
  }

  /** The other worker goes on: work moves to it. */
  private List<Outcome.Figure> withOne(Scene scene, Network network, String what, Cut cut)
      throws Exception {
    String node = scene.house().workers().getFirst().ready();
    scene.tally().forgetLeases();
    LeaseWatch.Outage outage = scene.watch().gone(node);
    long begun = System.nanoTime();
    scene.tell(what);
    cut.run();
    network.heal();
    long over = System.nanoTime();
    Membership.Healed healed = scene.membership().healed(over, HEAL_MS);
    List<Double> elsewhere = scene.watch().elsewhereMs(List.of(outage));
    double gap = scene.tally().gapMs(begun, System.nanoTime());
    scene.tell("healed: " + healed.words());
    return List.of(
        new Outcome.Figure(
            what + ": its chunks run elsewhere; longest time without a chunk done",
            "%s (%d chunks); %s"
                .formatted(Percentile.words(elsewhere), elsewhere.size(), Percentile.seconds(gap)),
            "≤ 6 s"),
        after(scene, healed));
  }

  /** Nobody is left to go on: nothing may be lost, and work returns with the network. */
  private List<Outcome.Figure> everyWorker(Scene scene, Network network) throws Exception {
    String what = "all workers cut from all schedulers for " + SHORT_MS / 1000 + " s";
    scene.tally().forgetLeases();
    scene.tell(what);
    network.cut(WORKERS, FRONTS);
    Pause.ms(SHORT_MS);
    network.heal();
    long over = System.nanoTime();
    Membership.Healed healed = scene.membership().healed(over, HEAL_MS);
    double first = scene.tally().firstMs(over);
    scene.tell("healed: " + healed.words());
    return List.of(
        new Outcome.Figure(what + ": healed → a chunk is done", Percentile.seconds(first), "≤ 6 s"),
        after(scene, healed));
  }

  private static Outcome.Figure after(Scene scene, Membership.Healed healed) {
    return new Outcome.Figure(
        "… healed → full membership, without a restart; a chunk given away again at most",
        healed.words() + "; " + scene.tally().againMost() + " times",
        "≤ 30 s; ≤ 2 times");
  }
}
