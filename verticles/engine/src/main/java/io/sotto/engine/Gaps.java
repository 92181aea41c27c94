package io.sotto.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Where sound is long and no word of the text lies in it: the model passed over what was said
 * there, at the end of a window or in its midst. It is heard when it is listened to by itself.
 * Pure.
 */
final class Gaps {
  /** Pauses of speech within a window are shorter than this. */
  static final double SECONDS_MIN = 3;

  private Gaps() {}

  /** Whoever was passed over is not 20 dB quieter than who was heard. */
  private static final double POWER_MIN = 0.01;

  /** Words begin and end a little outside the times that are found for them. */
  private static final int EDGE = 3 * Transcriber.SAMPLE_RATE / 10;

  /** Samples of a window, {@code to} exclusive. */
  record Stretch(int from, int to) {
    double begin() {
      return (double) from / Transcriber.SAMPLE_RATE;
    }

    double end() {
      return (double) to / Transcriber.SAMPLE_RATE;
    }

    int samples() {
      return to - from;
    }
  }

  /** The gaps in {@code heard} between the words of {@code segments}, which are in order. */
  static List<Stretch> in(Stretch heard, List<DecodedSegment> segments, float[] samples) {
    List<Stretch> gaps = new ArrayList<>();
    double least = POWER_MIN * power(samples, heard);
    double last = heard.begin();
    for (DecodedSegment segment : segments) {
      for (DecodedWord word : segment.words()) {
        add(gaps, last, word.start(), samples, least);
        last = Math.max(last, word.end());
      }
    }
    add(gaps, last, heard.end(), samples, least);
    return gaps;
  }

  private static void add(
      List<Stretch> gaps, double from, double to, float[] samples, double powerMin) {
    if (to - from < SECONDS_MIN) {
      return;
    }
    Stretch gap =
        new Stretch(
            (int) Math.round(from * Transcriber.SAMPLE_RATE),
            Math.min(samples.length, (int) Math.round(to * Transcriber.SAMPLE_RATE)));
    Stretch within = new Stretch(gap.from + EDGE, gap.to - EDGE);
    if (!Doubts.quiet(samples, gap.from, gap.to) && power(samples, within) >= powerMin) {
      gaps.add(gap);
    }
  }

  /** The mean of the squares. */
  private static double power(float[] samples, Stretch of) {
    double sum = 0;
    for (int i = of.from; i < of.to; i++) {
      sum += samples[i] * samples[i];
    }
    return of.samples() == 0 ? 0 : sum / of.samples();
  }
}
