package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many frames a window is encoded as, and that fewer of them say the same. */
class FramesTest {
  private static final int SECOND = Transcriber.SAMPLE_RATE;

  @Test
  void asManyAsTheSoundNeedsAndNoMoreThanWhisperHas() {
    assertEquals(600, Frames.of(SECOND, Frames.LEAST));
    assertEquals(60, Frames.of(1, 1));
    assertEquals(Frames.MOST, Frames.of(30 * SECOND, Frames.LEAST));
    assertEquals(Frames.MOST, Frames.of(SECOND, Frames.MOST));
    for (int seconds = 1; seconds <= 30; seconds++) {
      int frames = Frames.of(seconds * SECOND, 1);
      assertTrue(frames % 12 == 0 && frames >= Math.min(Frames.MOST, 50 * seconds), "" + frames);
    }
  }

  @Test
  void fewerFramesSayTheSameAndTheRowAfterThemIsClean() throws Exception {
    try (CpuTranscriber transcriber =
        CpuTranscriber.open(ModelBundle.open(Samples.WHISPER), new LaneOptions(1, 2, 1, 8))) {
      List<String> texts = new ArrayList<>();
      for (int frames : List.of(1500, 600, 1500)) { // one row: each meets what the last left there
        texts.add(
            text(
                transcriber
                    .transcribe(
                        new Window(
                            Samples.read("jfk.wav"),
                            DecodingOptions.DEFAULTS.toBuilder()
                                .language("en")
                                .audioCtx(frames)
                                .build()))
                    .get()));
      }
      assertEquals(texts.get(0), texts.get(2));
      assertEquals(plain(texts.get(0)), plain(texts.get(1)));
      assertTrue(plain(texts.get(1)).endsWith("what you can do for your country"), texts::toString);
    }
  }

  private static String plain(String text) {
    return text.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z ]", "").strip();
  }

  private static String text(WindowTranscript transcript) {
    StringBuilder text = new StringBuilder();
    transcript.segments().forEach(segment -> text.append(segment.text()));
    return text.toString();
  }
}
