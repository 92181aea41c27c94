package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SileroDetectorTest {
  private static SileroDetector.Model model;

  @BeforeAll
  static void open() {
    model = SileroDetector.open(Samples.SILERO);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static float[] probabilities(SpeechDetector detector, float[] samples) {
    float[] found = new float[samples.length / SpeechDetector.FRAME_SAMPLES];
    for (int i = 0; i < found.length; i++) {
      found[i] = detector.probability(samples, i * SpeechDetector.FRAME_SAMPLES);
    }
    return found;
  }

  private static double shareAbove(float[] values, double limit) {
    int above = 0;
    for (float value : values) {
      above += value > limit ? 1 : 0;
    }
    return (double) above / values.length;
  }

  @Test
  void hearsSpeechAndNotSilence() {
    try (SpeechDetector detector = model.newDetector()) {
      assertTrue(shareAbove(probabilities(detector, Samples.read("jfk.wav")), 0.5) > 0.6);
      detector.reset();
      assertEquals(0, shareAbove(probabilities(detector, Samples.silence(5)), 0.3));
    }
  }

  @Test
  void aStreamThatWasResetStartsAnew() {
    float[] jfk = Samples.read("jfk.wav");
    try (SpeechDetector used = model.newDetector();
        SpeechDetector fresh = model.newDetector()) {
      probabilities(used, Samples.read("jfk.wav"));
      used.reset();
      org.junit.jupiter.api.Assertions.assertArrayEquals(
          probabilities(fresh, jfk), probabilities(used, jfk));
    }
  }
}
