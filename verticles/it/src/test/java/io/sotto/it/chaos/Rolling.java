package io.sotto.it.chaos;

import io.sotto.it.Haproxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** F31: every node again and again, of this build and of the one before, and nobody notices. */
record Rolling() implements Study {
  private static final int ROUNDS = Integer.getInteger("sotto.chaos.rolling.rounds", 20);
  private static final int CLIENTS = 8;

  /** Windows that each node decodes side by side. */
  private static final int SLOTS = 4;

  @Override
  public String name() {
    return "rolling";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    if (Haproxy.program().isEmpty()) {
      throw new IllegalStateException(Haproxy.MISSING);
    }
    Build previous = Build.previous();
    RollingRun.Rolled rolled =
        new RollingRun(folder, List.of(Build.THIS, previous), out).run(ROUNDS, CLIENTS, Map.of());
    return new Seen(figures(rolled, previous), findings(rolled));
  }

  private static List<Outcome.Figure> figures(RollingRun.Rolled rolled, Build previous) {
    Callers.Tally tally = rolled.tally();
    Checker.Verdict verdict = rolled.verdict();
    double percent = 100.0 * tally.comeAgain() / Math.max(1, tally.requests());
    return List.of(
        new Outcome.Figure(
            "restarts, every second of commit " + previous.name(),
            "%d, of 3 nodes".formatted(rolled.restarts()),
            "20 × 3"),
        new Outcome.Figure(
            "requests that failed, of " + tally.requests(),
            Integer.toString(tally.failed().size()),
            "0"),
        new Outcome.Figure(
            "requests told to come again (503 with Retry-After)",
            String.format(Locale.ROOT, "%d (%.3f %%)", tally.comeAgain(), percent),
            "≤ 0.01 %"),
        new Outcome.Figure(
            "streams of events that went on at another node",
            Integer.toString(tally.resumed()),
            "-"),
        new Outcome.Figure(
            "SIGTERM → process has ended", Percentile.words(rolled.drainsMs()), "≤ 30 s"),
        new Outcome.Figure(
            "chunks handed back: the most at one restart, all",
            "%d, %d".formatted(rolled.handedBackMost(), rolled.handedBack()),
            "≤ %d, one a slot".formatted(SLOTS)),
        new Outcome.Figure(
            "%d jobs acknowledged: lost, duplicated, stale, invariants broken"
                .formatted(verdict.acked()),
            "%d, %d, %d, %d"
                .formatted(verdict.lost(), verdict.duplicated(), verdict.stale(), verdict.fsck()),
            "0, 0, 0, 0"));
  }

  /** A request that failed is a promise broken here, besides what is lost. */
  private static List<String> findings(RollingRun.Rolled rolled) {
    List<String> findings = new ArrayList<>(rolled.verdict().findings());
    rolled.tally().failed().forEach(what -> findings.add("failed: " + what));
    return findings;
  }
}
