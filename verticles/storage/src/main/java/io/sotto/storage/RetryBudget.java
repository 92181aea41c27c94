package io.sotto.storage;

import java.time.Duration;

/**
 * How often work may go wrong, and how long it rests in between: failures that a node reported, and
 * deaths of nodes that had it in hand (docs/states.md says why they are counted apart). Pure.
 */
final class RetryBudget {
  static final int FAILS_MAX = 5;
  static final int DEATHS_MAX = 3;
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** Attempts that an audio store which does not answer may cost: a third of an hour. */
  private static final int OUTAGE_ATTEMPTS_MAX = 240;

  private static final long OUTAGE_FIRST_MS = 100;
  private static final long OUTAGE_LONGEST_MS = 5_000;

  private RetryBudget() {}

  /** Whether an audio store that did not answer at this attempt is taken for an outage still. */
  static boolean outage(int attempt) {
    return attempt <= OUTAGE_ATTEMPTS_MAX;
  }

  /** Before the attempt after this one, while the audio store is away. */
  static long outageRestMs(int attempt) {
    return Math.min(OUTAGE_FIRST_MS << Math.min(attempt - 1, 20), OUTAGE_LONGEST_MS);
  }

  static boolean spent(int fails, int deaths) {
    return fails >= FAILS_MAX || deaths >= DEATHS_MAX;
  }

  /** After the {@code n}th failure or death, counted from 1: 0.5 s, doubling, at most 5 min. */
  static long restMs(int n) {
    long rest = FIRST.toMillis() << Math.min(n - 1, 20);
    return Math.min(rest, LONGEST.toMillis());
  }
}
