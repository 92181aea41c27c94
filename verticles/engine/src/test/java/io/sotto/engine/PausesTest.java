package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Words without the pauses they were given. */
class PausesTest {
  private static float[] sound(double seconds, float level) {
    float[] samples = new float[(int) (seconds * Transcriber.SAMPLE_RATE)];
    Arrays.fill(samples, level);
    return samples;
  }

  private static DecodedWord of(double start, double end, float[]... pieces) {
    return Pauses.without(new DecodedWord(" word", start, end, 0.5), Samples.join(pieces));
  }

  @Test
  void thePauseBeforeAWordGoes() {
    float[] endOfTheLast = sound(0.1, 0.3f);
    assertEquals(
        new DecodedWord(" word", 1.5, 2, 0.5),
        of(0, 2, endOfTheLast, sound(1.4, 0.005f), sound(0.5, 0.5f)));
  }

  @Test
  void soDoesThatAfterIt() {
    assertEquals(
        new DecodedWord(" word", 1, 1.4, 0.5),
        of(1, 2, sound(1, 0.5f), sound(0.4, 0.5f), sound(0.6, 0.005f)));
  }

  @Test
  void shortWordsLoudPausesAndShortOnesStay() {
    DecodedWord whole = new DecodedWord(" word", 0, 1, 0.5);
    assertEquals(whole, of(0, 1, sound(0.3, 0.5f), sound(0.2, 0.005f), sound(0.5, 0.5f)));
    assertEquals(whole, of(0, 1, sound(0.3, 0.5f), sound(0.4, 0.1f), sound(0.3, 0.5f)));
    assertEquals(whole, of(0, 1, sound(1, 0)));
    DecodedWord brief = new DecodedWord(" word", 0, 0.7, 0.5);
    assertEquals(brief, of(0, 0.7, sound(0.5, 0.001f), sound(0.2, 0.5f)));
  }
}
