package io.sotto.worker;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waiting times that double from one bound to the other, each cut by up to half at random, so that
 * workers which lost the same store do not come back in step.
 */
final class Backoff {
  private final long maxMs;
  private long ms;

  Backoff(Duration min, Duration max) {
    this.ms = min.toMillis();
    this.maxMs = max.toMillis();
  }

  /** The next wait in milliseconds, at least 1. */
  long nextMs() {
    long wait = ms - ThreadLocalRandom.current().nextLong(ms / 2 + 1);
    ms = Math.min(maxMs, ms * 2);
    return Math.max(1, wait);
  }
}
