package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
    return probabilities(detector, samples, SpeechDetector.FRAMES_MOST);
  }

  private static float[] probabilities(SpeechDetector detector, float[] samples, int most) {
    float[] found = new float[samples.length / SpeechDetector.FRAME_SAMPLES];
    float[] some = new float[most];
    for (int i = 0; i < found.length; i += most) {
      int frames = Math.min(most, found.length - i);
      int begin = i * SpeechDetector.FRAME_SAMPLES;
      int end = begin + frames * SpeechDetector.FRAME_SAMPLES;
      detector.probabilities(Arrays.copyOfRange(samples, begin, end), frames, some);
      System.arraycopy(some, 0, found, i, frames);
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

  /** Recorded by {@code scripts/silero-graph.py --record}. */
  @Test
  void saysWhatTheModelAsPublishedSays() throws IOException {
    float[] jfk = Samples.read("jfk.wav");
    float[] published = published();
    for (int most : new int[] {1, 5, SpeechDetector.FRAMES_MOST}) {
      try (SpeechDetector detector = model.newDetector()) {
        assertArrayEquals(published, probabilities(detector, jfk, most), 2e-5f);
      }
    }
  }

  private static float[] published() throws IOException {
    try (InputStream in = SileroDetectorTest.class.getResourceAsStream("/silero-jfk.txt")) {
      String[] lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n");
      float[] all = new float[lines.length];
      for (int i = 0; i < lines.length; i++) {
        all[i] = Float.parseFloat(lines[i]);
      }
      return all;
    }
  }

  @Test
  void refusesMoreFramesThanItTakes() {
    try (SpeechDetector detector = model.newDetector()) {
      int frames = SpeechDetector.FRAMES_MOST + 1;
      float[] samples = new float[frames * SpeechDetector.FRAME_SAMPLES];
      assertThrows(
          IllegalArgumentException.class,
          () -> detector.probabilities(samples, frames, new float[frames]));
    }
  }

  @Test
  void aStreamThatWasResetStartsAnew() {
    float[] jfk = Samples.read("jfk.wav");
    try (SpeechDetector used = model.newDetector();
        SpeechDetector fresh = model.newDetector()) {
      probabilities(used, Samples.read("jfk.wav"));
      used.reset();
      assertArrayEquals(probabilities(fresh, jfk), probabilities(used, jfk));
    }
  }
}
