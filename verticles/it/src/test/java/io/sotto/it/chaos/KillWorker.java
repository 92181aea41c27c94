package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Workers killed at random moments, while earlier ones still come back: one after the other, the
 * next when what was charged for the last is done.
 */
record KillWorker(int kills) implements Study {
  static final KillWorker DEFAULT = new KillWorker(Integer.getInteger("sotto.chaos.kills", 100));
  private static final int WORKERS = 4;
  private static final House.Size SIZE = new House.Size(2, WORKERS, 1_200);
  private static final int CLIENTS = 16;
  private static final long SEED = 5;

  /** The others that work when one is killed; more of them may be coming back. */
  private static final int OTHERS_MIN = 2;

  private static final int PAUSE_MIN_MS = 1_500;
  private static final int PAUSE_MAX_MS = 5_000;
  private static final int AWAY_MAX_MS = 1_000;

  /** What an earlier death was charged for, and is not done yet. */
  private static final String CHARGED =
      "select 1 from chunk where deaths > 0 and state in ('ready', 'leased') limit 1";

  private static final long CHARGED_WITHIN_MS = 15_000;
  private static final long LOOK_EVERY_MS = 100;

  @Override
  public String name() {
    return "kill-worker";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    LeaseWatch leases = new LeaseWatch();
    WorkWatch work = new WorkWatch();
    var setting = new Drill.Setting(SIZE, Map.of(), leases.andThen(work));
    try (Drill trial = Drill.open(folder, setting, Map.of())) {
      trial.load(CLIENTS, SEED);
      List<LeaseWatch.Outage> outages = new ArrayList<>();
      try (Successors successors = new Successors()) {
        Random random = new Random(SEED);
        for (int i = 1; i <= kills; i++) {
          Pause.ms(random.nextInt(PAUSE_MIN_MS, PAUSE_MAX_MS));
          untilUncharged(trial.house().database());
          outages.add(kill(trial, leases, successors, random));
          out.accept("%d/%d killed; %d chunks done".formatted(i, kills, leases.done()));
        }
        successors.await(WORKERS, trial.house().workers());
      }
      Checker.Verdict verdict = trial.judge();
      return new Seen(figures(leases, work, outages, verdict), verdict.findings());
    }
  }

  /** Else a few seconds of kills would bring to one recording what only a poisonous one may do. */
  private static void untilUncharged(Database database) throws Exception {
    for (long left = CHARGED_WITHIN_MS; left > 0 && !database.ask(CHARGED).isEmpty(); ) {
      Pause.ms(LOOK_EVERY_MS);
      left -= LOOK_EVERY_MS;
    }
  }

  private static LeaseWatch.Outage kill(
      Drill trial, LeaseWatch leases, Successors successors, Random random) throws Exception {
    List<Member> ready = successors.await(OTHERS_MIN + 1, trial.house().workers());
    Member member = ready.get(random.nextInt(ready.size()));
    LeaseWatch.Outage outage = leases.gone(member.ready());
    trial.recorder().fault("kill " + member.name());
    member.kill();
    successors.of(member, random.nextInt(AWAY_MAX_MS));
    return outage;
  }

  private List<Figure> figures(
      LeaseWatch leases, WorkWatch work, List<LeaseWatch.Outage> outages, Checker.Verdict verdict) {
    List<Double> elsewhere = leases.elsewhereMs(outages);
    List<Double> noticed = leases.noticedMs(outages);
    return List.of(
        new Figure(
            "kill -9 of a worker → its chunks run elsewhere",
            Percentile.words(elsewhere) + " (" + elsewhere.size() + " chunks)",
            "p50 ≤ 2 s, p99 ≤ 5 s"),
        new Figure(
            "kill -9 of a worker → noticed",
            "%s (%d of %d)".formatted(Percentile.words(noticed), noticed.size(), kills),
            "p99 ≤ 5 s"),
        new Figure(
            "chunks in hand that others had to begin again, at most after one kill",
            Integer.toString(leases.begunAgainMost(outages)),
            "≤ " + FakeNode.slots() + ", one a slot"),
        new Figure(
            "texts made twice, of all",
            "%d of %d".formatted(work.recomputed(), work.finished()),
            "-"),
        Drill.promises(kills, verdict));
  }
}
