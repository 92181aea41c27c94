package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sotto.engine.Gaps.Stretch;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the model passed over sound. */
class GapsTest {
  private static final int SECOND = Transcriber.SAMPLE_RATE;

  /** So many seconds at {@code level}. */
  private static float[] sound(double seconds, float level) {
    float[] samples = new float[(int) (seconds * SECOND)];
    Arrays.fill(samples, level);
    return samples;
  }

  /** A segment of one word. */
  private static DecodedSegment word(double start, double end) {
    List<DecodedWord> words = List.of(new DecodedWord(" word", start, end, 1));
    return new DecodedSegment(start, end, " word", List.of(1), 0, -0.1, 1, 0.1, words, null);
  }

  private static List<Stretch> gaps(float[] samples, DecodedSegment... segments) {
    return Gaps.in(new Stretch(0, samples.length), List.of(segments), samples);
  }

  @Test
  void soundWithoutWordsIsAGap() {
    float[] samples = sound(20, 0.1f);
    assertEquals(
        List.of(new Stretch(5 * SECOND, 9 * SECOND), new Stretch(12 * SECOND, 20 * SECOND)),
        gaps(samples, word(0, 5), word(9, 10), word(10.5, 12)));
    assertEquals(
        List.of(), gaps(samples, word(0, 9), word(11, 17.5)), "shorter than three seconds");
  }

  @Test
  void aTextOfNothingLeavesAllOfIt() {
    assertEquals(List.of(new Stretch(0, 4 * SECOND)), gaps(sound(4, 0.1f)));
    assertEquals(List.of(), gaps(sound(2, 0.1f)));
  }

  @Test
  void aPauseIsNoGap() {
    float[] samples = Samples.join(sound(5, 0.2f), sound(5, 0.01f), sound(5, 0.2f));
    assertEquals(List.of(), gaps(samples, word(0, 5.2), word(9.8, 15)), "20 dB below the rest");
    float[] silent = Samples.join(sound(5, 0.005f), sound(5, 0.0005f));
    assertEquals(List.of(), gaps(silent, word(0, 5)), "no microphone is as quiet");
  }
}
