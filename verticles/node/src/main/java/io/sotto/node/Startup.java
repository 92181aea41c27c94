package io.sotto.node;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the slow steps of starting side by side, each on a thread of its own, and says how long each
 * took.
 */
final class Startup implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Startup.class);
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofPlatform().name("start-", 0).daemon().factory());

  <T> CompletableFuture<T> begin(String step, Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    threads.execute(
        () -> {
          long started = System.nanoTime();
          try {
            result.complete(work.call());
            LOG.debug("started {} in {} ms", step, (System.nanoTime() - started) / 1_000_000);
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /** The step's result; its failure as it was thrown. */
  static <T> T await(CompletableFuture<T> step) throws Exception {
    try {
      return step.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
