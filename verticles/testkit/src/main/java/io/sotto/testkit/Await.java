package io.sotto.testkit;

import io.vertx.core.Future;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Futures awaited on a test's thread. */
public final class Await {
  private static final long SECONDS = 20;

  private Await() {}

  /** The result; a failure as it is. */
  public static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("nothing came within " + SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Asks again until the answer is {@code right}; each question takes its own time, none waits. */
  public static <T> T until(Supplier<Future<T>> question, Predicate<T> right) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    T answer = await(question.get());
    while (!right.test(answer)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still " + answer + " after " + SECONDS + " s");
      }
      answer = await(question.get());
    }
    return answer;
  }
}
