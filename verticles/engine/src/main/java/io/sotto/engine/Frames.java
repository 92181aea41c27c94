package io.sotto.engine;

/**
 * How much of Whisper's 30 s a window is encoded as: its sound and a little silence. The cost of
 * the encoder, and of listening to it at every step, is that of the frames there are. Frames are 20
 * ms.
 */
final class Frames {
  /** 30 s, as the model was trained. */
  static final int MOST = 1_500;

  /**
   * Few different lengths, so that memory for them is found again; the graphs take multiples of 12.
   */
  static final int STEP = 60;

  /** With less around it than this, a short clip is misheard more often than with 30 s (ADR 8). */
  static final int LEAST = 600;

  /** Silence after the sound, by which the model knows that it has ended. */
  private static final int PADDING = 40;

  private static final int SAMPLES = 320;

  private Frames() {}

  /** For so many samples at 16 kHz; {@code least} as the request has it. */
  static int of(int samples, int least) {
    int wanted = Math.max(least, (samples + SAMPLES - 1) / SAMPLES + PADDING);
    return Math.min(MOST, (wanted + STEP - 1) / STEP * STEP);
  }
}
