package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import io.sotto.it.chaos.Throughput.Span;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A transaction that somebody forgot, holding every dead row of the queue in its place, while
 * chunks are claimed and finished on: what a claim takes, from the first minute to the last, and
 * after it is over.
 */
record HeldTransaction() implements Study {
  private static final int HELD_S = Integer.getInteger("sotto.chaos.held-s", 600);
  private static final int PER_SECOND = Integer.getInteger("sotto.chaos.claims", 60);
  private static final int USUAL_S = 30;

  /** From here on after its end everything must be as before. */
  private static final double WITHIN_S = 30;

  private static final double AFTER_S = 60;
  private static final int PARTS = 10;

  @Override
  public String name() {
    return "held-transaction";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    Vertx vertx = Vertx.vertx();
    try (Database database = Database.start(folder.resolve("postgres"))) {
      Migrations.run(database.options());
      PgJobStore jobs = PgJobStore.create(vertx, database.options());
      ClaimBench bench = new ClaimBench(jobs);
      bench.run(PER_SECOND, USUAL_S / 3.0);
      Span usual = bench.run(PER_SECOND, USUAL_S);
      List<Span> parts = new ArrayList<>();
      Database.Held held = database.hold();
      for (int part = 1; part <= PARTS; part++) {
        parts.add(bench.run(PER_SECOND, (double) HELD_S / PARTS));
        out.accept(part + "/" + PARTS + ": " + words(bench.ms(parts.getLast())));
      }
      held.release();
      Span released = bench.run(PER_SECOND, AFTER_S);
      bench.settle();
      jobs.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
      List<Figure> figures = figures(bench, usual, parts, released);
      return new Seen(figures, Checker.fsck(database));
    } finally {
      vertx.close();
    }
  }

  private static List<Figure> figures(
      ClaimBench bench, Span usual, List<Span> parts, Span released) {
    Span held = new Span(parts.getFirst().from(), parts.getLast().to());
    return List.of(
        new Figure(
            "a claim of one, %d a second, nothing held".formatted(PER_SECOND),
            words(bench.ms(usual)),
            "-"),
        new Figure(
            "while a transaction is held for %d s".formatted(HELD_S),
            words(bench.ms(held)),
            "p99 ≤ 100 ms"),
        new Figure("of that the first tenth", words(bench.ms(parts.getFirst())), "-"),
        new Figure("the last tenth", words(bench.ms(parts.getLast())), "p99 ≤ 100 ms"),
        new Figure(
            "from 30 s after it was released",
            words(bench.ms(released.after(WITHIN_S))),
            "as before"),
        new Figure("chunks finished; statements that failed", failed(bench), "-; 0"));
  }

  private static String failed(ClaimBench bench) {
    return bench.finished() + "; " + bench.failures().size();
  }

  private static String words(List<Double> ms) {
    return String.format(
        Locale.ROOT,
        "p50 %.1f ms, p99 %.1f ms (%d claims)",
        Percentile.of(ms, 50),
        Percentile.of(ms, 99),
        ms.size());
  }
}
