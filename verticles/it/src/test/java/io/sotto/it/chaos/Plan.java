package io.sotto.it.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What will happen to a house, one fault after the other, made from a number before anything runs:
 * the same number makes the same plan.
 */
record Plan(long seed, List<Step> steps) {
  private static final int PAUSE_MIN_MS = 1_500;
  private static final int PAUSE_MAX_MS = 3_000;

  /** A node that is started again needs this long, which a plan's length counts with. */
  private static final int START_MS = 6_000;

  /**
   * A kind of fault: how often it comes up, how long it lasts, and whether the smoke has it.
   *
   * @see Injector what each of them does
   */
  enum Kind {
    KILL_WORKER(4, 0, 2_000, true),
    FREEZE_WORKER(4, 8_000, 8_000, true),
    KILL_SCHEDULER(3, 0, 2_000, true),
    FREEZE_SCHEDULER(1, 6_000, 16_000, false),
    LEAVE_WORKER(2, 0, 500, false),
    LEAVE_SCHEDULER(2, 0, 500, false),
    DATABASE_RESTART(3, 0, 1_500, true),
    DATABASE_SESSIONS(3, 500, 2_000, true),
    DATABASE_STALL(2, 2_000, 8_000, false),
    DATABASE_HALF_OPEN(1, 3_000, 6_000, false),
    DATABASE_SLOW(1, 3_000, 6_000, false),
    STORE_REFUSES(3, 3_000, 5_000, true),
    STORE_RESETS(3, 3_000, 5_000, true),
    STORE_FLIPS_BITS(3, 4_000, 6_000, true),
    STORE_STALL(1, 2_000, 8_000, false),
    STORE_SLOW(1, 3_000, 6_000, false);

    private final int weight;
    private final int lastsMinMs;
    private final int lastsMaxMs;
    private final boolean smoke;

    Kind(int weight, int lastsMinMs, int lastsMaxMs, boolean smoke) {
      this.weight = weight;
      this.lastsMinMs = lastsMinMs;
      this.lastsMaxMs = lastsMaxMs;
      this.smoke = smoke;
    }

    boolean startsANode() {
      return this == KILL_WORKER
          || this == KILL_SCHEDULER
          || this == LEAVE_WORKER
          || this == LEAVE_SCHEDULER;
    }

    String words() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /**
   * One fault: after {@code pauseMs} of peace, for {@code lastsMs}. {@code pick} chooses which node
   * it hits, {@code strength} (0 to 99) how hard.
   */
  record Step(Kind kind, int pick, int strength, long pauseMs, long lastsMs) {
    private static Step of(Kind kind, Random random) {
      return new Step(
          kind,
          random.nextInt(1_000),
          random.nextInt(100),
          between(PAUSE_MIN_MS, PAUSE_MAX_MS, random),
          between(kind.lastsMinMs, kind.lastsMaxMs, random));
    }

    private static int between(int min, int max, Random random) {
      return min + random.nextInt(max - min + 1);
    }

    private long wholeMs() {
      return pauseMs + lastsMs + (kind.startsANode() ? START_MS : 0);
    }
  }

  /** Every fault of the smoke {@code times} times, in an order of the seed's. */
  static Plan smoke(long seed, int times) {
    Random random = new Random(seed);
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      for (Kind kind : Kind.values()) {
        if (kind.smoke) {
          steps.add(Step.of(kind, random));
        }
      }
    }
    Collections.shuffle(steps, random);
    return new Plan(seed, List.copyOf(steps));
  }

  /** Faults by their weights until {@code length} is filled. */
  static Plan random(long seed, Duration length) {
    Random random = new Random(seed);
    List<Step> steps = new ArrayList<>();
    for (long ms = 0; ms < length.toMillis(); ms += steps.getLast().wholeMs()) {
      steps.add(Step.of(weighted(random), random));
    }
    return new Plan(seed, List.copyOf(steps));
  }

  private static Kind weighted(Random random) {
    int all = 0;
    for (Kind kind : Kind.values()) {
      all += kind.weight;
    }
    int left = random.nextInt(all);
    for (Kind kind : Kind.values()) {
      left -= kind.weight;
      if (left < 0) {
        return kind;
      }
    }
    throw new IllegalStateException("weights that do not add up");
  }

  /** One line a step, as it is written down before it runs. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("seed " + seed + ", " + steps.size() + " faults");
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      lines.add(
          "%3d after %4d ms: %s for %d ms, pick %d, strength %d"
              .formatted(
                  i + 1, step.pauseMs, step.kind.words(), step.lastsMs, step.pick, step.strength));
    }
    return lines;
  }
}
