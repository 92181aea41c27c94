package io.sotto.engine;

/** Tells speech from other sound, frame by frame. One stream each; not safe for two threads. */
public interface SpeechDetector extends AutoCloseable {
  /** Samples a frame: 32 ms at 16 kHz. */
  int FRAME_SAMPLES = 512;

  /** Frames that one call takes at most: a second. Many at once are far cheaper than one by one. */
  int FRAMES_MOST = 32;

  /**
   * The probability, 0 to 1, that each of the next {@code frames} frames of the stream holds
   * speech.
   *
   * @param samples [frames * {@link #FRAME_SAMPLES}] or more, -1 to 1
   * @param into [frames] or more
   * @throws IllegalArgumentException when {@code frames} is below 1 or above {@link #FRAMES_MOST}
   */
  void probabilities(float[] samples, int frames, float[] into);

  /** Forgets the stream so far. */
  void reset();

  @Override
  void close();
}
