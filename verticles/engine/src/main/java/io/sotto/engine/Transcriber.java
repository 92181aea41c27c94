package io.sotto.engine;

import java.util.concurrent.CompletableFuture;

/**
 * Turns windows of sound into text with one loaded model. Safe for any thread; the work itself runs
 * on the transcriber's own lane threads, several windows side by side. Results complete on a lane
 * thread: hand them over, do not compute there.
 */
public interface Transcriber extends AutoCloseable {
  /** The sample rate of every window, in Hz. */
  int SAMPLE_RATE = 16_000;

  /** The most samples a window may have: 30 s. */
  int WINDOW_SAMPLES_MAX = 30 * SAMPLE_RATE;

  /**
   * Queues {@code window}. The future fails with {@link EngineException} for a window that cannot
   * be decoded; cancelling it frees its row.
   */
  CompletableFuture<WindowTranscript> transcribe(Window window);

  /** How many windows are decoded side by side; more than these wait in the queue. */
  int slots();

  /** The model's name, as in its manifest. */
  String model();

  /** SHA-256 over the digests of the bundle's files: names exactly what decoded a text. */
  String modelDigest();

  /** Ends the lanes and frees native memory; windows that still wait fail. */
  @Override
  void close();
}
