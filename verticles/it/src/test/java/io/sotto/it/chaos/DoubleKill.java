package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Two of four nodes killed at once, again and again: nobody may be left in the cluster's list of
 * listeners who does not exist, since what is sent there is lost.
 */
record DoubleKill(int times) implements Study {
  static final DoubleKill DEFAULT =
      new DoubleKill(Integer.getInteger("sotto.chaos.double-kills", 12));
  private static final House.Size SIZE = new House.Size(2, 2, 600);
  private static final int CLIENTS = 6;
  private static final long SEED = 15;
  private static final long AWAY_MS = 500;
  private static final long LOOK_EVERY_MS = 1_000;
  private static final long CLEAN_WITHIN_MS = 30_000;

  @Override
  public String name() {
    return "double-kill";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    SubscriptionWatch watch = new SubscriptionWatch();
    try (Trial trial = Trial.open(folder, new Trial.Setting(SIZE, Map.of(), watch), Map.of())) {
      trial.load(CLIENTS, SEED);
      Random random = new Random(SEED);
      List<Double> cleanMs = new ArrayList<>();
      int stale = 0;
      for (int i = 1; i <= times; i++) {
        long since = killTwo(trial, random);
        int left = watch.strangers(trial.house().everyone());
        double ms = since(since);
        double clean = left == 0 ? ms : Double.MAX_VALUE;
        while (ms < CLEAN_WITHIN_MS) {
          Pause.ms(LOOK_EVERY_MS);
          left = watch.strangers(trial.house().everyone());
          ms = since(since);
          clean = left == 0 ? Math.min(clean, ms) : Double.MAX_VALUE;
        }
        stale += left;
        if (left == 0) {
          cleanMs.add(clean);
        }
        out.accept("%d/%d double kills: %d left after %.0f ms".formatted(i, times, left, ms));
      }
      Checker.Verdict verdict = trial.judge();
      return new Seen(figures(cleanMs, stale, verdict), verdict.findings());
    }
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }

  /** Returns when both successors are ready. */
  private static long killTwo(Trial trial, Random random) throws Exception {
    List<Member> all = new ArrayList<>(trial.house().everyone());
    Collections.shuffle(all, random);
    List<Member> two = all.subList(0, 2);
    trial.recorder().fault("kill " + two.getFirst().name() + " and " + two.getLast().name());
    Thread first = Thread.ofPlatform().start(() -> kill(two.getFirst()));
    kill(two.getLast());
    long since = System.nanoTime();
    first.join();
    try (Successors successors = new Successors()) {
      two.forEach(member -> successors.of(member, AWAY_MS));
      successors.await(two.size(), two);
    }
    return since;
  }

  private static void kill(Member member) {
    try {
      member.kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Figure> figures(List<Double> cleanMs, int stale, Checker.Verdict verdict) {
    List<Double> sorted = cleanMs.stream().sorted().toList();
    return List.of(
        new Figure(
            "two of four nodes killed at once → nobody listed who does not exist",
            "%s (%d of %d)".formatted(Percentile.words(sorted), sorted.size(), times),
            "≤ 30 s"),
        new Figure("listeners listed 30 s later that do not exist", "" + stale, "0"),
        Trial.promises(2 * times, verdict));
  }
}
