package io.sotto.scheduler.webhook;

import io.sotto.storage.WebhookStore.Settlement;
import io.sotto.storage.WebhookStore.State;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * What follows from a reply: delivered, gone for good, or another try. Waits are lengthened by up
 * to a tenth, so that what failed together does not come back together. Pure.
 */
final class Retries {
  private static final double JITTER = 0.1;
  private static final int GONE = 410;
  private static final Duration ASKED_MAX = Duration.ofHours(24);
  private final List<Duration> waits;
  private final DoubleSupplier random;

  /** {@code random} gives numbers from 0 to 1. */
  Retries(List<Duration> waits, DoubleSupplier random) {
    this.waits = List.copyOf(waits);
    this.random = random;
  }

  /** After {@code triesBefore} tries of this schedule came another, and {@code reply} of it. */
  Settlement after(int triesBefore, Reply reply) {
    if (reply.delivered()) {
      return settled(State.DELIVERED, reply);
    }
    Integer status = reply.answer().status();
    if (status != null && status == GONE) {
      return settled(State.DISABLED, reply);
    }
    if (reply.fatal() || triesBefore >= waits.size()) {
      return settled(State.FAILED, reply);
    }
    return new Settlement(State.PENDING, wait(waits.get(triesBefore), reply), reply.answer());
  }

  private static Settlement settled(State state, Reply reply) {
    return new Settlement(state, Duration.ZERO, reply.answer());
  }

  private Duration wait(Duration planned, Reply reply) {
    Duration asked = reply.retryAfter();
    Duration bounded = asked.compareTo(ASKED_MAX) > 0 ? ASKED_MAX : asked;
    Duration base = bounded.compareTo(planned) > 0 ? bounded : planned;
    return base.plusMillis((long) (base.toMillis() * JITTER * random.getAsDouble()));
  }
}
