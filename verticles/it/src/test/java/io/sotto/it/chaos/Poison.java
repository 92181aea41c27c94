package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Recordings with one chunk that ends the process of whoever transcribes it, handed in one after
 * the other among the sound ones of a load that leaves no worker idle. What ends is started again.
 */
record Poison() implements Study {
  private static final int POISONS = Integer.getInteger("sotto.chaos.poisons", 4);
  private static final int WORKERS = 3;
  private static final House.Size SIZE = new House.Size(2, WORKERS, 600);
  private static final int CLIENTS = 24;
  private static final long SEED = 5;
  private static final int DEATHS_MAX = 3;
  private static final int BESIDE_MAX = 2;
  private static final int NUMBERS_FROM = 1_000;
  private static final int BURSTS = 4;
  private static final long APART_MS = 6_000;
  private static final long AWAY_MS = 500;
  private static final long LOOK_EVERY_MS = 50;

  @Override
  public String name() {
    return "poison";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    PoisonWatch watch = new PoisonWatch();
    var setting = new Drill.Setting(SIZE, Map.of(), watch);
    try (Drill trial = Drill.open(folder, setting, Map.of())) {
      trial.load(CLIENTS, SEED);
      List<CompletableFuture<Recorder.Asked>> poisoned = new ArrayList<>();
      for (int i = 0; i < POISONS; i++) {
        Sound sound = Sound.poisoned(NUMBERS_FROM + i, BURSTS);
        long after = (i + 1) * APART_MS;
        poisoned.add(
            CompletableFuture.supplyAsync(
                () -> hand(trial, sound, after), Thread::startVirtualThread));
      }
      int exits = supervise(trial, CompletableFuture.allOf(list(poisoned)), out);
      List<Recorder.Asked> asked = poisoned.stream().map(CompletableFuture::join).toList();
      Checker.Verdict verdict = trial.judge();
      int beside = beside(trial.house().database());
      return new Seen(
          figures(watch, asked, beside, verdict), findings(watch, exits, beside, verdict));
    }
  }

  private static CompletableFuture<?>[] list(List<CompletableFuture<Recorder.Asked>> all) {
    return all.toArray(CompletableFuture[]::new);
  }

  private static Recorder.Asked hand(Drill trial, Sound sound, long afterMs) {
    try {
      Pause.ms(afterMs);
      return trial.doomed(sound);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Starts again whatever worker ends, until {@code over}; gives how often one did. */
  private static int supervise(Drill trial, CompletableFuture<?> over, Consumer<String> out) {
    List<Member> workers = trial.house().workers();
    int exits = 0;
    try (Successors successors = new Successors()) {
      while (!over.isDone()) {
        for (Member member : successors.ready(workers)) {
          if (!member.alive()) {
            exits++;
            trial.recorder().fault(member.name() + " was poisoned");
            out.accept(member.name() + " ended, " + exits + " so far");
            successors.of(member, AWAY_MS);
          }
        }
        Pause.ms(LOOK_EVERY_MS);
      }
      successors.await(WORKERS, workers);
    }
    return exits;
  }

  /** The most deaths that any chunk was charged which is done. */
  private static int beside(Database database) throws Exception {
    return database
        .ask("select coalesce(max(deaths), 0)::int as n from chunk where state = 'done'")
        .getFirst()
        .getInteger("n");
  }

  private static List<String> findings(
      PoisonWatch watch, int exits, int beside, Checker.Verdict verdict) {
    List<String> findings = new ArrayList<>(verdict.findings());
    if (watch.killedMost() > DEATHS_MAX) {
      findings.add("poison: a chunk killed " + watch.killedMost() + " workers");
    }
    if (beside > BESIDE_MAX) {
      findings.add("poison: a healthy chunk was charged " + beside + " deaths");
    }
    if (exits != watch.killed()) {
      findings.add("poison: " + exits + " workers ended, " + watch.killed() + " of poison");
    }
    return findings;
  }

  private static List<Figure> figures(
      PoisonWatch watch, List<Recorder.Asked> asked, int beside, Checker.Verdict verdict) {
    return List.of(
        new Figure(
            POISONS + " chunks that kill their worker: workers killed by one of them, at most",
            Integer.toString(watch.killedMost()),
            "≤ " + DEATHS_MAX),
        new Figure(
            "… its last death → its client is told why it failed",
            Percentile.words(watch.toldAfterMs(asked, false)),
            "≤ 60 s"),
        new Figure(
            "… its first death → its client is told",
            Percentile.words(watch.toldAfterMs(asked, true)),
            "-"),
        new Figure(
            "deaths charged to a chunk of a sound recording, at most",
            Integer.toString(beside),
            "≤ " + BESIDE_MAX),
        new Figure(
            "chunks worked on alone; of these sound, and done",
            "%d; %d".formatted(watch.alone(), watch.passed()),
            "-"),
        Drill.promises(watch.killed(), verdict));
  }
}
