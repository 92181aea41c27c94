package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import io.sotto.it.chaos.Throughput.Span;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * PostgreSQL shut down at once again and again, then ten of its sessions ended every second, then
 * all its connections taken by others, under a load that the workers cannot keep up with: what of
 * the undisturbed throughput is left, and how soon.
 */
record DatabaseFaults() implements Study {
  private static final int RESTARTS = Integer.getInteger("sotto.chaos.restarts", 30);
  private static final int BASELINE_S = Integer.getInteger("sotto.chaos.baseline-s", 60);
  private static final int KILLS_S = Integer.getInteger("sotto.chaos.kills-s", 60);
  private static final House.Size SIZE = new House.Size(2, 2, 600);
  private static final int CLIENTS = 12;
  private static final double EVERY_S = 20;
  private static final long AWAY_MS = 1_000;

  /** From here on after its return everything must be as before. */
  private static final double WITHIN_S = 5;

  private static final long KILL_EVERY_MS = 100;

  @Override
  public String name() {
    return "database";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    try (Trial trial = Trial.open(folder, SIZE)) {
      trial.start(CLIENTS);
      Span baseline = trial.pass(BASELINE_S);
      double usual = trial.throughput().perSecond(List.of(baseline));
      out.accept(String.format(Locale.ROOT, "undisturbed: %.1f chunks a second", usual));
      List<Span> back = restarts(trial, out);
      Span kills = kills(trial);
      Span after = trial.pass(BASELINE_S);
      Span crowded = crowded(trial, out);
      Checker.Verdict verdict = trial.end();
      List<Figure> figures = new ArrayList<>(restarted(trial.throughput(), baseline, back));
      figures.addAll(killed(trial.throughput(), usual, kills, after));
      figures.add(
          new Figure(
              "throughput while idle sessions hold every connection that the server had left, for "
                  + KILLS_S
                  + " s",
              Throughput.part(trial.throughput().perSecond(List.of(crowded)), usual)
                  + " of undisturbed",
              "≥ 98 %"));
      figures.add(Trials.sum(verdict));
      figures.add(new Figure("processes that ended by themselves", "" + trial.exits(), "0"));
      return new Seen(figures, verdict.findings());
    }
  }

  /** From each return to the next shutdown. */
  private static List<Span> restarts(Trial trial, Consumer<String> out) throws Exception {
    List<Span> back = new ArrayList<>();
    for (int i = 1; i <= RESTARTS; i++) {
      long begun = System.nanoTime();
      trial.fault("database restart " + i);
      trial.house().database().quit();
      Pause.ms(AWAY_MS);
      trial.house().database().comeBack();
      double awayS = (System.nanoTime() - begun) / 1e9;
      back.add(trial.pass(Math.max(2 * WITHIN_S, EVERY_S - awayS)));
      out.accept(
          String.format(
              Locale.ROOT,
              "%d/%d restarts: away %.1f s, first chunk done after %.1f s, %d done since",
              i,
              RESTARTS,
              awayS,
              trial.throughput().firstAfter(back.getLast().from()),
              trial.throughput().count(back.getLast())));
    }
    return back;
  }

  private static Span kills(Trial trial) throws Exception {
    trial.fault("database sessions ended, ten a second");
    long from = System.nanoTime();
    long every = KILL_EVERY_MS * 1_000_000;
    for (int i = 0; i < KILLS_S * 1000 / KILL_EVERY_MS; i++) {
      trial.house().database().terminateSession();
      Pause.ms(Math.max(0, (from + (i + 1) * every - System.nanoTime()) / 1_000_000));
    }
    return new Span(from, System.nanoTime());
  }

  private static Span crowded(Trial trial, Consumer<String> out) throws Exception {
    Database.Crowd crowd = trial.house().database().crowd();
    trial.fault(crowd.idle().size() + " idle sessions take all connections");
    out.accept(crowd.idle().size() + " idle sessions");
    Span crowded = trial.pass(KILLS_S);
    crowd.leave();
    return crowded;
  }

  /**
   * Chunks end one by one, so that a few seconds of an undisturbed house differ by some percent:
   * all returns are laid over one another, and undisturbed pieces of the same length stand beside
   * the single ones.
   */
  private static List<Figure> restarted(Throughput seen, Span baseline, List<Span> back) {
    double usual = seen.perSecond(List.of(baseline));
    List<Span> well = back.stream().map(span -> span.after(WITHIN_S)).toList();
    double pieceS = well.stream().mapToDouble(Span::seconds).average().orElse(1);
    List<Double> first =
        back.stream().map(span -> 1000 * seen.firstAfter(span.from())).sorted().toList();
    return List.of(
        new Figure("undisturbed, chunks a second", String.format(Locale.ROOT, "%.1f", usual), "-"),
        new Figure(
            back.size()
                + " immediate restarts of PostgreSQL, one every 20 s: throughput from 5 s"
                + " after its return to the next",
            Throughput.part(seen.perSecond(well), usual) + " of undisturbed",
            "≥ 98 %"),
        new Figure(
            "single returns; undisturbed pieces of the same length",
            Trials.range(seen, well, usual)
                + "; "
                + Trials.range(seen, baseline.pieces(pieceS), usual),
            "-"),
        new Figure("its return → the first chunk done", Percentile.words(first), "-"),
        new Figure(
            "throughput in the first, second, … second after its return",
            Trials.bySecond(seen, back, usual, (int) WITHIN_S),
            "-"));
  }

  private static List<Figure> killed(Throughput seen, double usual, Span kills, Span after) {
    return List.of(
        new Figure(
            "throughput while 10 sessions a second are ended, for " + KILLS_S + " s",
            Throughput.part(seen.perSecond(List.of(kills)), usual) + " of undisturbed",
            "-"),
        new Figure(
            "throughput from 5 s after that",
            Throughput.part(seen.perSecond(List.of(after.after(WITHIN_S))), usual)
                + " of undisturbed",
            "≥ 98 %"));
  }
}
