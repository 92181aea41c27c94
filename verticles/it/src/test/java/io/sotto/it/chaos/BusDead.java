package io.sotto.it.chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Four nodes with every role, each cut from all others, while all reach PostgreSQL and S3: each is
 * a cluster of its own, and works as one that was started alone.
 */
record BusDead() implements Study {
  private static final long SOLO_MS = 1000 * Long.getLong("sotto.chaos.bus-dead.solo-s", 60);
  private static final long DEAD_MS = 1000 * Long.getLong("sotto.chaos.bus-dead.s", 120);
  private static final long WARM_MS = 10_000;
  private static final long HEAL_MS = 90_000;
  private static final double PERCENT = 100;

  @Override
  public String name() {
    return "bus-dead";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    try (Network network = Network.open(AllInOne.NAMES, AllInOne.SETTINGS);
        Scene scene = Scene.open(folder, AllInOne.SIZE, network, out)) {
      double solo = solo(scene);
      List<Outcome.Figure> figures = new ArrayList<>(dead(scene, network, solo));
      Checker.Verdict verdict = scene.judge();
      figures.add(Scene.violations(verdict));
      return new Seen(figures, verdict.findings());
    }
  }

  /** Chunks a second of one node that is the only one; then the others are started again. */
  private static double solo(Scene scene) throws Exception {
    List<Member> others = scene.house().fronts().subList(1, AllInOne.NAMES.size());
    others.parallelStream().forEach(Member::leave);
    scene.start(AllInOne.CLIENTS);
    Pause.ms(WARM_MS);
    long begun = System.nanoTime();
    Pause.ms(SOLO_MS);
    double solo = scene.tally().rate(begun, System.nanoTime());
    scene.tell(String.format(Locale.ROOT, "alone: %.2f chunks a second", solo));
    for (Member other : others) {
      other.start();
    }
    for (Member other : others) {
      other.ready();
    }
    Membership.Healed whole = scene.membership().healed(System.nanoTime(), HEAL_MS);
    scene.tell("all are there: " + whole.words());
    Pause.ms(WARM_MS);
    return solo;
  }

  private static List<Outcome.Figure> dead(Scene scene, Network network, double solo)
      throws Exception {
    List<Outcome.Figure> figures = new ArrayList<>();
    scene.tell("every node is cut from every other");
    try (ApiProbe api = ApiProbe.start(scene.house().urls())) {
      long begun = System.nanoTime();
      network.cutAll();
      Pause.ms(DEAD_MS);
      long over = System.nanoTime();
      List<String> shares = new ArrayList<>();
      double least = Double.MAX_VALUE;
      for (String name : AllInOne.NAMES) {
        double rate = AllInOne.rate(scene, List.of(name), begun, over);
        least = Math.min(least, rate);
        shares.add(String.format(Locale.ROOT, "%.2f", rate));
      }
      figures.add(
          new Outcome.Figure(
              "every node cut from every other for %d s: chunks a second, alone → each"
                  .formatted(DEAD_MS / 1000),
              String.format(
                  Locale.ROOT,
                  "%.2f → %s, the least %.0f %%",
                  solo,
                  String.join(", ", shares),
                  PERCENT * least / solo),
              "≥ 90 %"));
      figures.add(
          new Outcome.Figure("… calls to all APIs that were answered", api.words(), "≥ 99.9 %"));
      network.heal();
      Membership.Healed healed = scene.membership().healed(over, HEAL_MS);
      scene.tell("healed: " + healed.words());
      figures.add(
          new Outcome.Figure(
              "… healed → full membership, without a restart", healed.words(), "≤ 30 s, true"));
    }
    return figures;
  }
}
