package io.sotto.engine;

import io.sotto.engine.EngineException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;

/** A {@link Transcriber} whose lanes run on this machine, several before one queue. */
public final class CpuTranscriber implements Transcriber {
  private static final long CLOSE_TIMEOUT_MS = 10_000;

  private final ModelBundle bundle;
  private final LaneOptions options;
  private final BlockingQueue<Task> queue;
  private final Sessions sessions;
  private final Effort effort = new Effort();
  private final List<Lane> lanes = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closed;

  private CpuTranscriber(ModelBundle bundle, LaneOptions options) {
    this.bundle = bundle;
    this.options = options;
    this.queue = new ArrayBlockingQueue<>(slots() + options.queueMax());
    this.sessions = new Sessions(bundle, options);
    try {
      for (int i = 0; i < options.lanes(); i++) {
        Lane lane = new Lane(bundle, sessions, options.rows(), queue, effort);
        lanes.add(lane);
        String name = "lane-" + bundle.name() + "-" + i;
        threads.add(Thread.ofPlatform().name(name).daemon().unstarted(lane));
      }
    } catch (RuntimeException | Error e) {
      lanes.forEach(Lane::close);
      lanes.forEach(Lane::run); // a closed one only frees its rows
      sessions.close();
      throw e;
    }
  }

  /** Loads the model and starts its lanes. */
  public static CpuTranscriber open(ModelBundle bundle, LaneOptions options) {
    CpuTranscriber transcriber = new CpuTranscriber(bundle, options);
    transcriber.threads.forEach(Thread::start);
    return transcriber;
  }

  @Override
  public CompletableFuture<WindowTranscript> transcribe(Window window) {
    Task task = new Task(window);
    try {
      check(window);
      if (!queue.offer(task) && !offerInsteadOfCancelled(task)) {
        throw new EngineException(
            Kind.CLOSED, "the queue is full: " + (slots() + options.queueMax()) + " wait");
      }
      if (closed && queue.remove(task)) {
        throw new EngineException(Kind.CLOSED, "the transcriber was closed");
      }
    } catch (EngineException e) {
      task.result.completeExceptionally(e);
    }
    return task.result;
  }

  /**
   * Cancelled windows lie in the queue until the lane meets them; they must not keep others out.
   */
  private boolean offerInsteadOfCancelled(Task task) {
    return queue.removeIf(waiting -> waiting.result.isDone()) && queue.offer(task);
  }

  private void check(Window window) {
    if (closed) {
      throw new EngineException(Kind.CLOSED, "the transcriber was closed");
    }
    int samples = window.samples().length;
    if (samples == 0 || samples > WINDOW_SAMPLES_MAX) {
      throw new EngineException(
          Kind.BAD_REQUEST, "a window has 1 to 480000 samples (30 s), not " + samples);
    }
    String language = window.options().language();
    checkWidth(window.options());
    if (language != null && !speaks(language)) {
      throw new EngineException(
          Kind.BAD_REQUEST, "model " + model() + " does not know the language " + language);
    }
    if (window.options().translate() && !bundle.translates()) {
      throw new EngineException(
          Kind.BAD_REQUEST,
          "model "
              + model()
              + " cannot translate: ask for a multilingual one with a whole decoder, as"
              + " whisper-base or whisper-large-v3");
    }
  }

  private void checkWidth(DecodingOptions wanted) {
    if (wanted.beamSize() > options.rows()) {
      throw new EngineException(
          Kind.BAD_REQUEST,
          "beam_size is at most "
              + options.rows()
              + " here, not "
              + wanted.beamSize()
              + "; the operator raises it by worker.rows");
    }
    for (String language : wanted.languages()) {
      if (!speaks(language)) {
        throw new EngineException(
            Kind.BAD_REQUEST, "model " + model() + " does not know the language " + language);
      }
    }
  }

  private boolean speaks(String language) {
    return bundle.tokens().multilingual()
        ? bundle.tokens().languages().containsKey(language)
        : language.equals("en");
  }

  /** What the lanes have spent so far. */
  public Effort.Sum effort() {
    return effort.sum();
  }

  @Override
  public int slots() {
    return options.lanes() * options.rows();
  }

  @Override
  public String model() {
    return bundle.name();
  }

  @Override
  public String modelDigest() {
    return bundle.digest();
  }

  @Override
  public void close() {
    closed = true;
    lanes.forEach(Lane::close);
    boolean ended = true;
    try {
      for (Thread thread : threads) {
        thread.join(CLOSE_TIMEOUT_MS);
        ended &= !thread.isAlive();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended = false;
    }
    if (ended) {
      sessions.close(); // not under a lane that still runs in them
    }
  }
}
