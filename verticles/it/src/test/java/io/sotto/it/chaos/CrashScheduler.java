package io.sotto.it.chaos;

import io.sotto.it.chaos.Crashes.Strike;
import io.sotto.it.chaos.Outcome.Figure;
import io.sotto.protocol.CrashPoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Nodes that serve and schedule die between two steps of the protocol, and sleep there past their
 * lease: at every {@link CrashPoint}, under load, with webhooks. Workers die at theirs.
 */
record CrashScheduler(int kills, int freezes) implements Study {
  static final CrashScheduler DEFAULT =
      new CrashScheduler(
          Integer.getInteger("sotto.chaos.crash-kills", 2),
          Integer.getInteger("sotto.chaos.crash-freezes", 1));
  private static final House.Size SIZE = new House.Size(3, 3, 600);
  private static final int CLIENTS = 12;
  private static final long SEED = 9;
  private static final long WEBHOOKS_WITHIN_MS = 90_000;
  private static final double RECOMPUTED_MAX_PERCENT = 5;

  @Override
  public String name() {
    return "scheduler";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    Crashes plan = Crashes.of(SEED, kills, freezes);
    Files.write(folder.resolve("plan.txt"), plan.strikes().stream().map(Strike::words).toList());
    CrashWatch crashes = new CrashWatch();
    WorkWatch work = new WorkWatch();
    LeaseWatch leases = new LeaseWatch();
    Consumer<String> ear = crashes.andThen(work).andThen(leases);
    try (Receiver receiver = Receiver.open();
        Drill trial =
            Drill.open(
                folder, new Drill.Setting(SIZE, receiver.settings(), ear), receiver.fields())) {
      trial.load(CLIENTS, SEED);
      Striker striker = new Striker(trial, crashes);
      int number = 0;
      for (Strike strike : plan.strikes()) {
        String seen = striker.strike(strike);
        out.accept(
            "%d/%d %s: %s; %d chunks done"
                .formatted(++number, plan.strikes().size(), strike.words(), seen, leases.done()));
      }
      striker.close();
      Checker.Verdict verdict = trial.judge();
      Webhooks webhooks = Webhooks.of(trial.recorder(), receiver, WEBHOOKS_WITHIN_MS);
      out.accept(hits(striker));
      List<String> findings = new ArrayList<>(verdict.findings());
      findings.addAll(webhooks.findings());
      findings.addAll(unreached(plan, striker));
      return new Seen(figures(striker, crashes, work, webhooks, leases, verdict), findings);
    }
  }

  private static String hits(Striker striker) {
    Map<String, Integer> hits = new TreeMap<>();
    striker
        .hits()
        .forEach((strike, times) -> hits.merge(strike.point().label(), times, Integer::sum));
    return "points reached: " + hits;
  }

  /** What was to be struck and never was says nothing of the product, and must not look as if. */
  private static List<String> unreached(Crashes plan, Striker striker) {
    Map<Strike, Integer> missing = new HashMap<>();
    plan.strikes().forEach(strike -> missing.merge(strike, 1, Integer::sum));
    striker.hits().forEach((strike, times) -> missing.merge(strike, -times, Integer::sum));
    List<String> findings = new ArrayList<>();
    missing.forEach(
        (strike, times) -> {
          if (times > 0) {
            findings.add("not reached: " + strike.words() + ", " + times + " times");
          }
        });
    return findings;
  }

  private List<Figure> figures(
      Striker striker,
      CrashWatch crashes,
      WorkWatch work,
      Webhooks webhooks,
      LeaseWatch leases,
      Checker.Verdict verdict) {
    int strikes = striker.hits().values().stream().mapToInt(times -> times).sum();
    List<Double> killed = striker.takeoverMs(false);
    List<Double> frozen = striker.takeoverMs(true);
    return List.of(
        new Figure(
            "kill -9 of a scheduler → its work finished or taken over",
            Percentile.words(killed) + " (" + killed.size() + " kills)",
            "p99 ≤ 15 s"),
        new Figure(
            "SIGSTOP of a scheduler → its work finished or taken over",
            Percentile.words(frozen) + " (" + frozen.size() + " freezes)",
            "p99 ≤ 15 s"),
        new Figure(
            "finished texts that were made again",
            String.format(
                Locale.ROOT,
                "%.1f %% (%d of %d)",
                100.0 * work.recomputed() / Math.max(1, work.finished()),
                work.recomputed(),
                work.finished()),
            String.format(Locale.ROOT, "≤ %.0f %%", RECOMPUTED_MAX_PERCENT)),
        new Figure(
            "chunks given out by a scheduler that woke without its lease",
            Integer.toString(crashes.late()),
            "0"),
        new Figure("reports of attempts that were over, refused", "" + leases.fenced(), "-"),
        webhooks.figure(),
        new Figure(
            CrashPoint.values().length + " crash points, times each was reached, at least",
            Integer.toString(least(striker)),
            "2"),
        Drill.promises(strikes, verdict));
  }

  private static int least(Striker striker) {
    Map<CrashPoint, Integer> hits = new HashMap<>();
    striker.hits().forEach((strike, times) -> hits.merge(strike.point(), times, Integer::sum));
    int least = Integer.MAX_VALUE;
    for (CrashPoint point : CrashPoint.values()) {
      least = Math.min(least, hits.getOrDefault(point, 0));
    }
    return least;
  }
}
