package io.sotto.scheduler;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a task again and again on a virtual-thread context, where it may await. Rounds never
 * overlap: the next is timed when the last has ended, and whoever asks for one meanwhile gets it
 * right after. A round that fails is logged and the next comes all the same.
 */
final class Rounds {
  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

  private final String name;
  private final Context context;
  private final long everyMs;
  private final Runnable round;
  private Promise<Void> next = Promise.promise();
  private boolean running;
  private boolean wanted;
  private boolean stopped;
  private boolean storeDown;
  private long timer = -1;

  Rounds(String name, Context context, Duration every, Runnable round) {
    this.name = name;
    this.context = context;
    this.everyMs = Math.max(1, every.toMillis());
    this.round = round;
  }

  /**
   * Runs a round now, or as soon as the one in progress has ended; completes when a round that
   * began after this call is over, or at once when stopped. Callable on the context only.
   */
  Future<Void> soon() {
    if (stopped) {
      return Future.succeededFuture();
    }
    wanted = true;
    if (!running) {
      running = true;
      context.owner().cancelTimer(timer);
      context.runOnContext(now -> run());
    }
    return next.future();
  }

  /** No round begins any more; completes when the one in progress has ended. */
  Future<Void> stop() {
    stopped = true;
    context.owner().cancelTimer(timer);
    return running ? next.future() : Future.succeededFuture();
  }

  private void run() {
    do {
      wanted = false;
      Promise<Void> ended = next;
      next = Promise.promise();
      if (!stopped) {
        once();
      }
      ended.complete();
    } while (wanted && !stopped);
    running = false;
    if (stopped) {
      next.complete();
    } else {
      timer = context.owner().setTimer(everyMs, now -> soon());
    }
  }

  private void once() {
    try {
      round.run();
      if (storeDown) {
        storeDown = false;
        LOG.info("{}: the store answers again", name);
      }
    } catch (SottoException e) {
      failed(e);
    } catch (RuntimeException e) {
      LOG.error("{}: round failed", name, e);
    }
  }

  /** An outage is said once, not at every poll. */
  private void failed(SottoException failure) {
    if (failure.code() != FailureCode.STORE_DOWN) {
      LOG.error("{}: round failed: {}", name, failure.reason(), failure);
    } else if (!storeDown) {
      storeDown = true;
      LOG.warn("{}: the store does not answer, trying on: {}", name, failure.reason());
    }
  }
}
