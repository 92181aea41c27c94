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

  /** What is done to the store, begun anew every so often, since a reset is over at once. */
  private record Harm(String what, Fault fault, long everyMs) {
    private Harm(String what, Fault fault) {
      this(what, fault, EACH_S * 1000L);
    }
  }

  private static final List<Harm> HARMS =
      List.of(
          new Harm("20 % of requests answered with 503", new Fault.Refuse(20)),
          new Harm("all requests answered with 503", new Fault.Refuse(100)),
          new Harm("a bit turned in every 60 kB that is read", new Fault.FlipBit(60_000)),
          new Harm("a bit turned in every 200 kB that is written", new Fault.FlipSent(200_000)),
          new Harm("answers cut off after 10 kB", new Fault.ResetAfter(10_000)),
          new Harm("all connections reset, twice a second", new Fault.ResetAfter(0), 500));

  /** One of them, the time while it was done, and the time after it. */
  private record Phase(Harm harm, Span during, Span after, long struck) {}

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
      for (Harm harm : HARMS) {
        phases.add(hold(trial, harm));
        out.accept(line(trial.throughput(), phases.getLast(), usual).line());
      }
      Checker.Verdict verdict = trial.end();
      return new Seen(figures(trial, baseline, phases, verdict), verdict.findings());
    }
  }

  private static Phase hold(Trial trial, Harm harm) {
    FaultProxy proxy = trial.house().storeProxy();
    trial.fault(harm.what);
    long from = System.nanoTime();
    long struck = proxy.struck();
    for (int i = 0; i < EACH_S * 1000L / harm.everyMs; i++) {
      proxy.set(harm.fault);
      trial.pass(harm.everyMs / 1000.0);
      proxy.heal();
    }
    trial.fault("over: " + harm.what);
    Span during = new Span(from, System.nanoTime());
    return new Phase(harm, during, trial.pass(WITHIN_S + WELL_S), proxy.struck() - struck);
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
    phases.forEach(phase -> all.add(line(seen, phase, usual)));
    all.add(new Figure("failed jobs", "" + trial.failed(), "0"));
    all.add(Trials.sum(verdict));
    return all;
  }

  private static Figure line(Throughput seen, Phase phase, double usual) {
    Span well = phase.after.after(WITHIN_S);
    return new Figure(
        "%s, for %d s: throughput meanwhile; from 10 s after it".formatted(phase.harm.what, EACH_S),
        Throughput.part(seen.perSecond(List.of(phase.during)), usual)
            + "; "
            + Throughput.part(seen.perSecond(List.of(well)), usual),
        "-; ≥ 98 %");
  }
}
