package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import java.time.Duration;

/**
 * How often work may go wrong, and how long it rests in between: failures that a node reported, and
 * deaths of nodes that had it in hand (docs/states.md says why they are counted apart). Pure.
 */
final class RetryBudget {
  static final int FAILS_MAX = 5;
  static final int DEATHS_MAX = 3;

  /** What so many nodes died over is a suspect: it is worked on alone (docs/adr/0014-poison.md). */
  static final int SUSPECT_DEATHS = DEATHS_MAX - 1;

  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** How long an audio store that does not answer is waited for, at the least. */
  static final Duration OUTAGE = Duration.ofMinutes(20);

  /** The same for reads that are not what was stored: the object itself may be damaged. */
  static final Duration DAMAGE = Duration.ofMinutes(5);

  private static final long OUTAGE_FIRST_MS = 100;
  private static final long OUTAGE_LONGEST_MS = 5_000;

  private RetryBudget() {}

  /**
   * Whether what failed at this attempt is laid on the audio store, or the way from it, and not on
   * the work: it was away, or what was read is not what was stored, which reading again may mend.
   */
  static boolean excused(FailureCode code, int attempt) {
    return switch (code) {
      case STORE_DOWN -> restedMs(attempt) < OUTAGE.toMillis();
      case AUDIO_CORRUPT -> restedMs(attempt) < DAMAGE.toMillis();
      default -> false;
    };
  }

  /** What work rested before {@code attempt}, were all those before it excused. */
  private static long restedMs(int attempt) {
    long rested = 0;
    for (int before = 1; before < attempt && rested < OUTAGE.toMillis(); before++) {
      rested += excusedRestMs(before);
    }
    return rested;
  }

  /** Before the attempt after one that was excused: 0.1 s, doubling, at most 5 s. */
  static long excusedRestMs(int attempt) {
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
