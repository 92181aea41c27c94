package io.sotto.engine;

import io.sotto.engine.EngineException.Kind;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;

/** A {@link Transcriber} on the CPU: one lane, its queue before it. */
public final class CpuTranscriber implements Transcriber {
  private static final long CLOSE_TIMEOUT_MS = 10_000;

  private final ModelBundle bundle;
  private final LaneOptions options;
  private final BlockingQueue<Row> queue;
  private final Lane lane;
  private final Thread thread;
  private volatile boolean closed;

  private CpuTranscriber(ModelBundle bundle, LaneOptions options) {
    this.bundle = bundle;
    this.options = options;
    this.queue = new ArrayBlockingQueue<>(options.rows() + options.queueMax());
    this.lane = new Lane(bundle, new Graphs(bundle, options), options.rows(), queue);
    this.thread = Thread.ofPlatform().name("lane-" + bundle.name()).daemon().unstarted(lane);
  }

  /** Loads the model and starts its lane. */
  public static CpuTranscriber open(ModelBundle bundle, LaneOptions options) {
    CpuTranscriber transcriber = new CpuTranscriber(bundle, options);
    transcriber.thread.start();
    return transcriber;
  }

  @Override
  public CompletableFuture<WindowTranscript> transcribe(Window window) {
    Row row = new Row(window);
    try {
      check(window);
      if (!queue.offer(row) && !offerInsteadOfCancelled(row)) {
        throw new EngineException(
            Kind.CLOSED, "the queue is full: " + (options.rows() + options.queueMax()) + " wait");
      }
      if (closed && queue.remove(row)) {
        throw new EngineException(Kind.CLOSED, "the transcriber was closed");
      }
    } catch (EngineException e) {
      row.result.completeExceptionally(e);
    }
    return row.result;
  }

  /**
   * Cancelled windows lie in the queue until the lane meets them; they must not keep others out.
   */
  private boolean offerInsteadOfCancelled(Row row) {
    return queue.removeIf(waiting -> waiting.result.isDone()) && queue.offer(row);
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
    String language = window.language();
    if (language != null && !speaks(language)) {
      throw new EngineException(
          Kind.BAD_REQUEST, "model " + model() + " does not know the language " + language);
    }
    if (window.translate() && !bundle.tokens().multilingual()) {
      throw new EngineException(
          Kind.BAD_REQUEST, "model " + model() + " is English-only and cannot translate");
    }
  }

  private boolean speaks(String language) {
    return bundle.tokens().multilingual()
        ? bundle.tokens().languages().containsKey(language)
        : language.equals("en");
  }

  @Override
  public int slots() {
    return options.rows();
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
    lane.close();
    try {
      thread.join(CLOSE_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
