package io.sotto.scheduler;

import java.time.Duration;

/**
 * How long a worker may hold a chunk: half a minute and ten times what its measured speed lets
 * expect, so that a slow worker is not taken for a stuck one.
 */
final class Deadlines {
  private static final double GRACE_SECONDS = 30;
  private static final double CHUNK_SECONDS_MAX = 30;
  private static final int PATIENCE = 10;
  private static final double MS_PER_SECOND = 1000;

  private Deadlines() {}

  /** {@code speed} in audio seconds per second, 0 when it is not known. */
  static Duration of(double speed, SchedulerOptions.Times times) {
    if (speed <= 0) {
      return times.chunkDeadline();
    }
    double seconds = GRACE_SECONDS + PATIENCE * CHUNK_SECONDS_MAX / speed;
    long ms = Math.min(times.chunkDeadlineMax().toMillis(), (long) (seconds * MS_PER_SECOND));
    return Duration.ofMillis(ms);
  }

  /**
   * What of a deadline the worker is told: a tenth less, so that it reports a failure before the
   * sweeper takes it for dead.
   */
  static long limitMs(Duration deadline) {
    return Math.max(1, deadline.toMillis() * 9 / 10);
  }
}
