package io.sotto.worker;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does {@code away} what takes long, and tells its end at {@code home}. */
final class Background {
  private static final Logger LOG = LoggerFactory.getLogger(Background.class);

  private final Executor away;
  private final Executor home;

  Background(Executor away, Executor home) {
    this.away = away;
    this.home = home;
  }

  /**
   * On a thread each, since loading takes longer than Vert.x lets its own be held; whoever runs
   * things here bounds how many.
   */
  static Background of(Context context) {
    return new Background(
        work -> Thread.ofPlatform().name("models").daemon().start(work),
        told -> context.runOnContext(now -> told.run()));
  }

  <T> Future<T> run(Callable<T> work) {
    Promise<T> done = Promise.promise();
    away.execute(
        () -> {
          try {
            T result = work.call();
            tell(() -> done.complete(result));
          } catch (Throwable e) { // memory that ends too: somebody waits for this
            tell(() -> done.fail(e));
          }
        });
    return done.future();
  }

  private void tell(Runnable ending) {
    try {
      home.execute(ending);
    } catch (RejectedExecutionException e) {
      LOG.debug("the worker is gone, nobody hears how its background work ended");
    }
  }
}
