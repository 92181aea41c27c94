package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Workers stopped in the middle of their chunks, and woken once others have done these: some for 20
 * s, one by one, for what the others can do meanwhile, the rest two at a time.
 */
record FreezeWorker(int freezes) implements Study {
  static final FreezeWorker DEFAULT =
      new FreezeWorker(Integer.getInteger("sotto.chaos.freezes", 50));
  private static final int WORKERS = 4;
  private static final House.Size SIZE = new House.Size(2, WORKERS, 2_000);

  /** More chunks than slots: nobody may idle where rates are compared. */
  private static final int CLIENTS = 24;

  private static final long SEED = 6;

  /** One in so many is long, and by itself. */
  private static final int LONG_EVERY = 6;

  private static final long LONG_MS = 20_000;
  private static final long MIDDLE_MS = 8_000;
  private static final long SHORT_MS = 5_000;

  /** A worker is let sleep on until something of its was done again, but not for ever. */
  private static final long REDONE_WITHIN_MS = 15_000;

  private static final long LOOK_EVERY_MS = 50;

  /** A worker that woke must be heard three times before it is sent work again. */
  private static final long SETTLE_MS = 5_000;

  private static final long CALM_MS = 8_000;

  /** What all did while all were there, and what was left while one was not, in texts a second. */
  private record Rates(List<Double> calm, List<Double> frozen) {
    private static double mean(List<Double> rates) {
      return rates.stream().mapToDouble(rate -> rate).average().orElse(Double.NaN);
    }

    String words() {
      double share = mean(frozen) / (mean(calm) * (WORKERS - 1) / WORKERS);
      return String.format(
          Locale.ROOT,
          "%.0f %% (%.1f of %.1f a second, %d times 20 s)",
          100 * share,
          mean(frozen),
          mean(calm),
          frozen.size());
    }
  }

  @Override
  public String name() {
    return "freeze-worker";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    LeaseWatch leases = new LeaseWatch();
    WorkWatch work = new WorkWatch();
    var setting = new Drill.Setting(SIZE, Map.of(), leases.andThen(work));
    try (Drill trial = Drill.open(folder, setting, Map.of())) {
      trial.load(CLIENTS, SEED);
      Run run = new Run(trial, leases, work, new Random(SEED), new ArrayList<>());
      Rates rates = run.oneByOne(freezes / LONG_EVERY, out);
      run.twoAtATime(freezes - freezes / LONG_EVERY, out);
      Checker.Verdict verdict = trial.judge();
      return new Seen(run.figures(rates, verdict), verdict.findings());
    }
  }

  /** One run of the study. */
  private record Run(
      Drill trial,
      LeaseWatch leases,
      WorkWatch work,
      Random random,
      List<LeaseWatch.Outage> outages) {

    Rates oneByOne(int count, Consumer<String> out) throws Exception {
      Rates rates = new Rates(new ArrayList<>(), new ArrayList<>());
      for (int i = 1; i <= count; i++) {
        Pause.ms(SETTLE_MS);
        long calm = System.nanoTime();
        Pause.ms(CALM_MS);
        Member member = shuffled().getFirst();
        String node = member.ready();
        long from = System.nanoTime();
        rates.calm.add(work.rate(any -> true, calm, from));
        freeze(member, LONG_MS);
        rates.frozen.add(work.rate(other -> !other.equals(node), from, System.nanoTime()));
        out.accept("%d of %d frozen alone: %s".formatted(i, count, rates.words()));
      }
      return rates;
    }

    void twoAtATime(int count, Consumer<String> out) throws Exception {
      for (int i = 0; i < count; i += 2) {
        Pause.ms(SETTLE_MS);
        List<Member> two = shuffled().subList(0, Math.min(2, count - i));
        try (ExecutorService both = Executors.newVirtualThreadPerTaskExecutor()) {
          List<Callable<Void>> freezes =
              List.of(
                  () -> freeze(two.getFirst(), SHORT_MS), () -> freeze(two.getLast(), MIDDLE_MS));
          for (Future<Void> one : both.invokeAll(freezes.subList(0, two.size()))) {
            one.get();
          }
        }
        out.accept("%d of %d frozen; %d refused".formatted(i + two.size(), count, leases.fenced()));
      }
    }

    private List<Member> shuffled() {
      List<Member> members = new ArrayList<>(trial.house().workers());
      Collections.shuffle(members, random);
      return members;
    }

    /** Of a worker with something in hand, until others have done some of that. */
    private Void freeze(Member member, long ms) throws Exception {
      while (leases.holds(member.ready()) == 0) {
        Pause.ms(LOOK_EVERY_MS);
      }
      LeaseWatch.Outage outage = leases.gone(member.ready());
      trial.recorder().fault("freeze " + member.name() + " for " + ms + " ms");
      member.freeze();
      try {
        Pause.ms(ms);
        for (long more = 0; leases.redone(outage) == 0 && more < REDONE_WITHIN_MS; ) {
          Pause.ms(LOOK_EVERY_MS);
          more += LOOK_EVERY_MS;
        }
      } finally {
        leases.back(outage);
        member.thaw();
      }
      synchronized (outages) {
        outages.add(outage);
      }
      return null;
    }

    private List<Figure> figures(Rates rates, Checker.Verdict verdict) {
      List<Double> noticed = leases.noticedMs(outages);
      List<Double> elsewhere = leases.elsewhereMs(outages);
      long redone = outages.stream().filter(outage -> leases.redone(outage) > 0).count();
      return List.of(
          new Figure(
              "SIGSTOP of a worker → noticed",
              "%s (%d of %d)".formatted(Percentile.words(noticed), noticed.size(), outages.size()),
              "p99 ≤ 6 s"),
          new Figure(
              "SIGSTOP of a worker → its chunks run elsewhere, once the others have room",
              Percentile.words(elsewhere) + " (" + elsewhere.size() + " chunks)",
              "-"),
          new Figure(
              "woken after others had done what it had in hand",
              "%d of %d".formatted(redone, outages.size()),
              "all"),
          new Figure(
              "texts it had late; reports refused; accepted",
              "%d; %d; %d".formatted(work.late(), leases.fenced(), verdict.stale()),
              "0 accepted"),
          new Figure(
              "what the other three do while one sleeps, of three quarters of what four do",
              rates.words(),
              "≥ 95 %"),
          Drill.promises(outages.size(), verdict));
    }
  }
}
