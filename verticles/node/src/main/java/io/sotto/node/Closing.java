package io.sotto.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node leaves: what works drains first, side by side, and then what was opened is closed in
 * the opposite order. One failure does not keep the rest open.
 */
final class Closing implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Closing.class);
  private final Deque<Step> steps = new ArrayDeque<>();
  private final List<Step> drains = new ArrayList<>();

  /** One thing to close. */
  @FunctionalInterface
  interface Close {
    void run() throws Exception;
  }

  private record Step(String name, Close close) {}

  synchronized void add(String name, Close close) {
    steps.push(new Step(name, close));
  }

  /** {@code drain} lets work end while all that was opened still is. */
  synchronized void addDrain(String name, Close drain) {
    drains.add(new Step(name + "'s work", drain));
  }

  @Override
  public void close() {
    drain();
    while (true) {
      Step step;
      synchronized (this) {
        step = steps.poll();
      }
      if (step == null) {
        return;
      }
      run(step);
    }
  }

  private void drain() {
    List<Step> all;
    synchronized (this) {
      all = List.copyOf(drains);
      drains.clear();
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      all.forEach(step -> threads.execute(() -> run(step)));
    }
  }

  private static void run(Step step) {
    long started = System.nanoTime();
    try {
      step.close().run();
      LOG.debug("closed {} in {} ms", step.name(), (System.nanoTime() - started) / 1_000_000);
    } catch (Exception e) {
      LOG.warn("closing {} failed", step.name(), e);
    }
  }
}
