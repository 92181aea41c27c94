package io.sotto.engine;

/**
 * Takes the pause out of a word that was given one: attention moves on late or early where nothing
 * is said, and without punctuation there is no token to hold the silence. Pure.
 */
final class Pauses {
  /** Shorter words hold no pause. */
  private static final double WORD_SECONDS_MIN = 0.8;

  /** 20 dB below the loudest moment of the word. */
  private static final double POWER_MIN = 0.01;

  private static final int FRAMES_PER_SECOND = 50;
  private static final int FRAME = Transcriber.SAMPLE_RATE / FRAMES_PER_SECOND;

  /** 0.3 s: no consonant is held as long. */
  private static final int PAUSE_FRAMES_MIN = 15;

  private Pauses() {}

  /**
   * {@code word}, in seconds of {@code samples}, on the louder side of the longest pause within it.
   */
  static DecodedWord without(DecodedWord word, float[] samples) {
    int first = (int) Math.round(word.start() * FRAMES_PER_SECOND);
    int last = Math.min(samples.length / FRAME, (int) Math.round(word.end() * FRAMES_PER_SECOND));
    if (word.end() - word.start() < WORD_SECONDS_MIN || last <= first) {
      return word;
    }
    double[] power = new double[last - first];
    double loudest = 0;
    for (int i = 0; i < power.length; i++) {
      power[i] = power(samples, first + i);
      loudest = Math.max(loudest, power[i]);
    }
    int from = 0;
    int to = 0;
    int begin = 0;
    for (int i = 0; i < power.length; i++) {
      begin = power[i] < POWER_MIN * loudest ? begin : i + 1;
      if (i + 1 - begin > to - from) {
        from = begin;
        to = i + 1;
      }
    }
    if (to - from < PAUSE_FRAMES_MIN) {
      return word;
    }
    return sum(power, 0, from) > sum(power, to, power.length)
        ? at(word, word.start(), seconds(first + from))
        : at(word, seconds(first + to), word.end());
  }

  private static DecodedWord at(DecodedWord word, double start, double end) {
    return new DecodedWord(word.text(), start, end, word.probability());
  }

  private static double sum(double[] power, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += power[i];
    }
    return sum;
  }

  private static double power(float[] samples, int frame) {
    double sum = 0;
    for (int i = frame * FRAME; i < (frame + 1) * FRAME; i++) {
      sum += samples[i] * samples[i];
    }
    return sum;
  }

  private static double seconds(int frame) {
    return (double) frame / FRAMES_PER_SECOND;
  }
}
