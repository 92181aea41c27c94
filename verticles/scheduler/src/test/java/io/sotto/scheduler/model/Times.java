package io.sotto.scheduler.model;

import java.time.Duration;

/**
 * The model's times: in the order of the real ones, and shorter, so that every one of them runs out
 * within the steps of a seed.
 */
final class Times {
  static final Duration NODE_LEASE = Duration.ofSeconds(6);
  static final Duration LEASE_MARGIN = Duration.ofSeconds(1);
  static final Duration SILENCE = Duration.ofSeconds(4);
  static final Duration FRESH = NODE_LEASE.minus(SILENCE);
  static final Duration CHUNK_DEADLINE = Duration.ofSeconds(15);
  static final Duration PREPARATION_LEASE = Duration.ofSeconds(15);
  static final Duration REFUSAL_DELAY = Duration.ofMillis(500);
  static final Duration DUTY_LEASE = Duration.ofSeconds(5);
  static final Duration SOLO_PATIENCE = Duration.ofSeconds(3);
  static final Duration HOLD = Duration.ofSeconds(4);

  static final long RENEW_EVERY = ms(2000);
  static final long TICK_EVERY = ms(1000);
  static final long SOLO_EVERY = ms(1000);
  static final long LOOK_EVERY = ms(1000);
  static final long SWEEP_EVERY = ms(2000);
  static final long OFFER_EVERY = ms(1000);
  static final long REPORT_EVERY = ms(5000);
  static final long REQUEST_TIMEOUT = ms(5000);
  static final long REPORT_PATIENCE = ms(60_000);
  static final long RETRY_MIN = ms(200);
  static final long RETRY_MAX = ms(5000);
  static final long HAND_BACK_RETRY = ms(500);
  static final long DRAIN_WITHIN = ms(8000);

  private Times() {}

  static long ms(long millis) {
    return millis * 1_000_000;
  }
}
