package io.sotto.engine;

import io.sotto.engine.EngineException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that decodes: it fills free rows from the queue, then takes one step with all live ones,
 * for ever. A row that ends is refilled at the next step, so that no window waits for the longest
 * of its batch. Low rows are filled first: a step costs by the highest live row.
 */
final class Lane implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
  private static final long IDLE_WAIT_MS = 200;

  /**
   * Steps that the first window on an idle machine goes alone, most of a text: somebody waits for
   * the first words, and every further row would be encoded before them.
   */
  private static final int ALONE_STEPS_MAX = 96;

  private final Ear ear;
  private final Sessions sessions;
  private final BlockingQueue<Task> queue;
  private final Strand[] strands;
  private final @Nullable Task[] owners;
  private final List<Task> tasks = new ArrayList<>();
  private @Nullable Task waiting;
  private @Nullable Task alone;
  private int aloneSteps;
  private volatile boolean closed;

  Lane(ModelBundle bundle, Sessions sessions, int rows, BlockingQueue<Task> queue, Effort effort) {
    this.ear = new Ear(bundle, new Graphs(sessions, bundle, rows), rows, effort);
    this.sessions = sessions;
    this.queue = queue;
    this.owners = new Task[rows];
    this.strands = new Strand[rows];
    for (int row = 0; row < rows; row++) {
      strands[row] = new Strand(row);
    }
  }

  void close() {
    closed = true;
  }

  @Override
  public void run() {
    try {
      while (!closed) {
        turn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      EngineException ended = new EngineException(Kind.CLOSED, "the transcriber was closed");
      failAll(ended);
      queue.forEach(task -> task.result.completeExceptionally(ended));
      ear.graphs.close();
    }
  }

  private void turn() throws InterruptedException {
    try {
      dropCancelled();
      fill();
      if (!tasks.isEmpty()) {
        step();
      }
    } catch (EngineException e) {
      LOG.error("decoding failed; the windows under way are given back", e);
      failAll(e);
    }
  }

  private void failAll(EngineException e) {
    for (Task task : List.copyOf(tasks)) {
      task.result.completeExceptionally(e);
      release(task);
    }
    if (waiting != null) {
      waiting.result.completeExceptionally(e);
      waiting = null;
    }
  }

  private void dropCancelled() {
    for (Task task : List.copyOf(tasks)) {
      if (task.result.isDone()) {
        release(task);
      }
    }
  }

  private void release(Task task) {
    tasks.remove(task);
    for (int row = 0; row < owners.length; row++) {
      if (owners[row] == task) {
        owners[row] = null;
      }
    }
    if (tasks.isEmpty()) {
      sessions.end();
    }
  }

  private void fill() throws InterruptedException {
    if (!tasks.contains(alone) || aloneSteps++ >= ALONE_STEPS_MAX) {
      alone = null;
    }
    while (alone == null) {
      Task next = next();
      if (next == null) {
        return;
      }
      if (next.result.isDone()) {
        continue;
      }
      List<Strand> free = free();
      if (free.size() < next.width()) {
        waiting = next; // the first in the queue is not overtaken by narrower ones
        return;
      }
      begin(next, free.subList(0, next.width()));
    }
  }

  private @Nullable Task next() throws InterruptedException {
    Task first = waiting;
    if (first != null) {
      waiting = null;
      return first;
    }
    if (free().isEmpty()) {
      return null;
    }
    return tasks.isEmpty() ? queue.poll(IDLE_WAIT_MS, TimeUnit.MILLISECONDS) : queue.poll();
  }

  private List<Strand> free() {
    List<Strand> free = new ArrayList<>();
    for (int row = 0; row < owners.length; row++) {
      if (owners[row] == null) {
        free.add(strands[row]);
      }
    }
    return free;
  }

  private void begin(Task task, List<Strand> rows) {
    if (tasks.isEmpty()) {
      boolean first = sessions.begin();
      alone = first ? task : null;
      aloneSteps = 0;
    }
    tasks.add(task);
    rows.forEach(strand -> owners[strand.row] = task);
    failing(task, () -> task.start(ear, rows));
  }

  /** What one window's numbers lead to ends that window alone. */
  private void failing(Task task, Runnable action) {
    try {
      action.run();
    } catch (EngineException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.error("a window failed", e);
      task.result.completeExceptionally(new EngineException(Kind.FAULT, "defect: " + e, e));
      release(task);
    }
  }

  private void step() {
    int live = 0;
    int longest = 1;
    for (int row = 0; row < owners.length; row++) {
      ear.graphs.feed(row, ear.ids.endOfText(), 0);
    }
    for (Task task : tasks) {
      task.pass().beforeStep();
      for (Strand strand : task.pass().strands()) {
        ear.graphs.feed(strand.row, strand.tokens.at(strand.fed), strand.fed);
        longest = Math.max(longest, strand.fed + 1);
        live = Math.max(live, strand.row + 1);
      }
    }
    long begin = System.nanoTime();
    ear.graphs.step(live, longest);
    long stepped = System.nanoTime();
    ear.effort.stepped(stepped - begin, live);
    List.copyOf(tasks).forEach(task -> failing(task, () -> task.pass().afterStep()));
    ear.effort.ruled(System.nanoTime() - stepped);
    List.copyOf(tasks).forEach(task -> failing(task, () -> advance(task)));
  }

  private void advance(Task task) {
    if (task.pass().ended() && task.goOn(ear)) {
      release(task);
      task.result.complete(task.transcript());
    }
  }
}
