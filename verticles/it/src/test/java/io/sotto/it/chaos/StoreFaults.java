package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import io.sotto.it.chaos.Throughput.Span;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The audio store failing some and then all requests, then giving and taking damaged bytes, under a
 * load that the workers cannot keep up with: no job fails, no text is wrong, and the throughput is
 * back soon.
 */
record StoreFaults() implements Study {
  private static final int EACH_S = Integer.getInteger("sotto.chaos.store-s", 60);
  private static final House.Size SIZE = new House.Size(2, 2, 600);
  private static final int CLIENTS = 12;

  /** From here on after a fault everything must be as before. */
  private static final double WITHIN_S = 10;

  private static final double WELL_S = 30;
  private static final int SOME_PERCENT = 20;
  private static final int FLIP_EVERY_BYTES = 60_000;
  private static final int SENT_FLIP_EVERY_BYTES = 200_000;
  private static final int CUT_AFTER_BYTES = 10_000;
  private static final long RESET_EVERY_MS = 500;

  /** What is done to the store, and the time after it. */
  private record Phase(String what, Span during, Span after, long struck) {}

  @Override
  public String name() {
    return "store";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    try (Trial trial = Trial.open(folder, SIZE)) {
      trial.start(CLIENTS);
      Span baseline = trial.pass(EACH_S);
      double usual = trial.throughput().perSecond(List.of(baseline));
      out.accept(String.format(Locale.ROOT, "undisturbed: %.1f chunks a second", usual));
      List<Phase> phases = new ArrayList<>();
      phases.add(hold(trial, "20 % of requests answered with 503", new Fault.Refuse(SOME_PERCENT)));
      phases.add(hold(trial, "all requests answered with 503", new Fault.Refuse(100)));
      phases.add(hold(trial, "a bit turned in every 60 kB that is read", flips()));
      phases.add(
          hold(
              trial,
              "a bit turned in every 200 kB that is written",
              new Fault.FlipSent(SENT_FLIP_EVERY_BYTES)));
      phases.add(hold(trial, "answers cut off after 10 kB", new Fault.ResetAfter(CUT_AFTER_BYTES)));
      phases.add(resets(trial));
      phases.forEach(phase -> out.accept(phase + ""));
      Checker.Verdict verdict = trial.end();
      return new Seen(figures(trial, baseline, phases, verdict), verdict.findings());
    }
  }

  private static Fault flips() {
    return new Fault.FlipBit(FLIP_EVERY_BYTES);
  }

  private static Phase hold(Trial trial, String what, Fault fault) {
    FaultProxy proxy = trial.house().storeProxy();
    trial.fault(what);
    long before = proxy.struck();
    proxy.set(fault);
    Span during = trial.pass(EACH_S);
    proxy.heal();
    trial.fault("over: " + what);
    long struck = proxy.struck() - before;
    return new Phase(what, during, trial.pass(WITHIN_S + WELL_S), struck);
  }

  /** Every connection at once, again and again. */
  private static Phase resets(Trial trial) {
    String what = "all connections reset, twice a second";
    FaultProxy proxy = trial.house().storeProxy();
    trial.fault(what);
    long from = System.nanoTime();
    long end = from + EACH_S * 1_000_000_000L;
    int times = 0;
    for (; System.nanoTime() < end; times++) {
      proxy.set(new Fault.ResetAfter(0));
      proxy.heal();
      Pause.ms(RESET_EVERY_MS);
    }
    trial.fault("over: " + what);
    Span during = new Span(from, System.nanoTime());
    return new Phase(what, during, trial.pass(WITHIN_S + WELL_S), times);
  }

  private static List<Figure> figures(
      Trial trial, Span baseline, List<Phase> phases, Checker.Verdict verdict) {
    Throughput seen = trial.throughput();
    double usual = seen.perSecond(List.of(baseline));
    List<Figure> all = new ArrayList<>();
    all.add(
        new Figure("undisturbed, chunks a second", String.format(Locale.ROOT, "%.1f", usual), "-"));
    all.add(
        new Figure(
            "undisturbed pieces of 30 s", Trials.range(seen, baseline.pieces(WELL_S), usual), "-"));
    for (Phase phase : phases) {
      all.add(
          new Figure(
              phase.what
                  + " for %d s (%d times): throughput meanwhile; from 10 s after it"
                      .formatted(EACH_S, phase.struck),
              Throughput.part(seen.perSecond(List.of(phase.during)), usual)
                  + "; "
                  + Throughput.part(seen.perSecond(List.of(phase.after.after(WITHIN_S))), usual),
              "-; ≥ 98 %"));
    }
    all.add(new Figure("failed jobs", "" + trial.failed(), "0"));
    all.add(Trials.sum(verdict));
    return all;
  }
}
