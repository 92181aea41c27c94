package io.sotto.scheduler;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * Lets a bounded number through at once and a bounded number wait; the rest is turned away, to come
 * again. Belongs to one virtual-thread context.
 */
final class Turnstile {
  private final int waitingMax;
  private final Queue<Promise<Void>> waiting = new ArrayDeque<>();
  private int free;
  private int busy;

  Turnstile(int atOnce, int waitingMax) {
    this.free = atOnce;
    this.waitingMax = waitingMax;
  }

  /** Runs {@code work}, which may await, when its turn comes. */
  <T> T pass(Supplier<T> work) {
    busy++;
    try {
      enter();
      try {
        return work.get();
      } finally {
        leave();
      }
    } finally {
      busy--;
    }
  }

  /** How many are inside or wait. */
  int busy() {
    return busy;
  }

  private void enter() {
    if (free > 0) {
      free--;
      return;
    }
    if (waiting.size() >= waitingMax) {
      throw new SottoException(
          FailureCode.STORE_DOWN, waitingMax + " reports wait already; come again");
    }
    Promise<Void> turn = Promise.promise();
    waiting.add(turn);
    turn.future().await();
  }

  private void leave() {
    Promise<Void> first = waiting.poll();
    if (first == null) {
      free++;
    } else {
      first.complete();
    }
  }
}
