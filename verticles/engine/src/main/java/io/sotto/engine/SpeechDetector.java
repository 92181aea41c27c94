package io.sotto.engine;

/** Tells speech from other sound, frame by frame. One stream each; not safe for two threads. */
public interface SpeechDetector extends AutoCloseable {
  /** Samples a frame: 32 ms at 16 kHz. */
  int FRAME_SAMPLES = 512;

  /**
   * The probability, 0 to 1, that {@code samples[offset .. offset + FRAME_SAMPLES)} holds speech;
   * frames must come in order.
   */
  float probability(float[] samples, int offset);

  /** Forgets the stream so far. */
  void reset();

  @Override
  void close();
}
