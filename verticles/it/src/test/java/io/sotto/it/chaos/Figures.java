package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import io.sotto.it.chaos.Plan.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The measured table of a campaign. */
final class Figures {
  private final Injector injector;
  private final LeaseWatch watch;
  private final Map<Kind, Double> waits;

  /** {@code waits}: by kind of fault, the longest wait of a job that was open when it began. */
  Figures(Injector injector, LeaseWatch watch, Map<Kind, Double> waits) {
    this.injector = injector;
    this.watch = watch;
    this.waits = waits;
  }

  List<Figure> of(Checker.Verdict verdict, Outcome.Times times, Campaign.Pace pace) {
    List<Figure> all = new ArrayList<>();
    all.add(elsewhere("kill -9 of a worker", Kind.KILL_WORKER, "p50 ≤ 2 s, p99 ≤ 5 s"));
    all.add(noticed("kill -9 of a worker", Kind.KILL_WORKER, "p99 ≤ 5 s"));
    all.add(noticed("SIGSTOP of a worker", Kind.FREEZE_WORKER, "p99 ≤ 6 s"));
    all.add(elsewhere("SIGSTOP of a worker", Kind.FREEZE_WORKER, "p99 ≤ 6 s"));
    all.add(
        new Figure(
            "results of attempts that were no longer current",
            "%d refused, %d accepted".formatted(watch.fenced(), verdict.stale()),
            "0 accepted"));
    for (Kind kind : Kind.values()) {
      if (injector.count(kind) > 0) {
        all.add(wait(kind));
      }
    }
    all.add(
        new Figure(
            "last open job ended after the last fault",
            Percentile.seconds(times.settled()),
            "≤ 15 s"));
    all.add(
        new Figure(
            "jobs acknowledged; chunks done while faults lasted",
            String.format(
                Locale.ROOT,
                "%d; %d, %.1f a second",
                verdict.acked(),
                pace.chunks(),
                pace.chunks() / pace.seconds()),
            "-"));
    int faults = EnumSet.allOf(Kind.class).stream().mapToInt(injector::count).sum();
    all.add(verdict.figure(faults + " faults"));
    return all;
  }

  private Figure elsewhere(String what, Kind kind, String target) {
    List<Double> ms = watch.elsewhereMs(injector.outages(kind));
    return new Figure(
        what + " → its chunks run elsewhere",
        Percentile.words(ms) + " (" + ms.size() + " chunks of " + injector.count(kind) + ")",
        target);
  }

  private Figure noticed(String what, Kind kind, String target) {
    List<Double> ms = watch.noticedMs(injector.outages(kind));
    return new Figure(
        what + " → noticed",
        Percentile.words(ms) + " (" + ms.size() + " of " + injector.count(kind) + ")",
        target);
  }

  private Figure wait(Kind kind) {
    return new Figure(
        kind.words() + ", " + injector.count(kind) + " times: longest wait of an open job",
        Percentile.seconds(waits.getOrDefault(kind, 0.0)),
        kind == Kind.KILL_SCHEDULER ? "≤ 15 s" : "-");
  }
}
