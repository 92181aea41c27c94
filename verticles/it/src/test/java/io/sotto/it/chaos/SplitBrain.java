package io.sotto.it.chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Four nodes with every role, which become two clusters of two that know nothing of each other,
 * while all reach PostgreSQL and S3; and one again.
 */
record SplitBrain() implements Study {
  private static final long WHOLE_MS = 1000 * Long.getLong("sotto.chaos.split.whole-s", 60);
  private static final long SPLIT_MS = 1000 * Long.getLong("sotto.chaos.split.s", 90);
  private static final int TIMES = Integer.getInteger("sotto.chaos.split.times", 2);
  private static final long WARM_MS = 10_000;
  private static final long HEAL_MS = 90_000;
  private static final double PERCENT = 100;

  @Override
  public String name() {
    return "split-brain";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    try (Network network = Network.open(AllInOne.NAMES, AllInOne.SETTINGS);
        Scene scene = Scene.open(folder, AllInOne.SIZE, network, out)) {
      scene.start(AllInOne.CLIENTS);
      Pause.ms(WARM_MS);
      long begun = System.nanoTime();
      Pause.ms(WHOLE_MS);
      double whole = scene.tally().rate(begun, System.nanoTime());
      List<Outcome.Figure> figures = new ArrayList<>();
      for (int i = 0; i < TIMES; i++) {
        figures.addAll(split(scene, network, whole, AllInOne.HALVES.get(i % 2)));
      }
      Checker.Verdict verdict = scene.judge();
      figures.add(Scene.violations(verdict));
      return new Seen(figures, verdict.findings());
    }
  }

  private static List<Outcome.Figure> split(
      Scene scene, Network network, double whole, AllInOne.Halves halves) throws Exception {
    scene.tell("split " + halves);
    long begun = System.nanoTime();
    network.cut(halves.some(), halves.others());
    Pause.ms(SPLIT_MS);
    long over = System.nanoTime();
    double some = AllInOne.rate(scene, halves.some(), begun, over);
    double others = AllInOne.rate(scene, halves.others(), begun, over);
    double both = scene.tally().rate(begun, over);
    double gap = scene.tally().gapMs(begun, over);
    network.heal();
    Membership.Healed healed = scene.membership().healed(over, HEAL_MS);
    scene.tell("healed: " + healed.words());
    String what = halves + " for " + SPLIT_MS / 1000 + " s";
    return List.of(
        new Outcome.Figure(
            what + ": chunks a second, whole before → both halves",
            String.format(
                Locale.ROOT,
                "%.2f → %.2f and %.2f, %.0f %%",
                whole,
                some,
                others,
                PERCENT * both / whole),
            "≥ 90 %"),
        new Outcome.Figure("… longest time without a chunk done", Percentile.seconds(gap), "≤ 6 s"),
        new Outcome.Figure(
            "… healed → full membership, without a restart", healed.words(), "≤ 30 s, true"));
  }
}
