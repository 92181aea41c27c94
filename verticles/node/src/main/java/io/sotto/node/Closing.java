package io.sotto.node;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was opened, closed again in the opposite order; one failure does not keep the rest open. */
final class Closing implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Closing.class);
  private final Deque<Step> steps = new ArrayDeque<>();

  /** One thing to close. */
  @FunctionalInterface
  interface Close {
    void run() throws Exception;
  }

  private record Step(String name, Close close) {}

  synchronized void add(String name, Close close) {
    steps.push(new Step(name, close));
  }

  @Override
  public void close() {
    while (true) {
      Step step;
      synchronized (this) {
        step = steps.poll();
      }
      if (step == null) {
        return;
      }
      long started = System.nanoTime();
      try {
        step.close().run();
        LOG.debug("closed {} in {} ms", step.name(), (System.nanoTime() - started) / 1_000_000);
      } catch (Exception e) {
        LOG.warn("closing {} failed", step.name(), e);
      }
    }
  }
}
