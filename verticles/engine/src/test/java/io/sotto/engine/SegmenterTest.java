package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Cutting token rows written by hand; T0 is the timestamp 0.00. */
class SegmenterTest {
  private static final ModelBundle BUNDLE = ModelBundle.open(Samples.WHISPER);
  private static final TokenIds IDS = BUNDLE.tokens();
  private static final int T0 = IDS.firstTimestamp();
  private static final int AND = 400;
  private static final int SO = 370;
  private final Segmenter segmenter = new Segmenter(IDS, BUNDLE.tokenizer());

  private static Segmenter.Decoded decoded(Integer... tokens) {
    return new Segmenter.Decoded(List.of(tokens), 0, -0.2, 1.2, false, 0.1);
  }

  @Test
  void pairsOfTimestampsPartSegments() {
    Segmenter.Cut cut = segmenter.cut(decoded(T0, AND, T0 + 50, T0 + 60, SO, T0 + 100), 0, 10);
    assertEquals(2, cut.segments().size());
    assertEquals(" And", cut.segments().getFirst().text());
    assertEquals(1.0, cut.segments().getFirst().end());
    assertEquals(1.2, cut.segments().getLast().start());
    assertEquals(2.0, cut.segments().getLast().end());
  }

  @Test
  void aTextThatEndsInOneTimestampWasHeardToTheEndUnlessMuchSoundFollows() {
    Integer[] closed = {T0, AND, T0 + 50, T0 + 60, SO, T0 + 100};
    assertEquals(4.9, segmenter.cut(decoded(closed), 0, 4.9).heardTo());
    assertEquals(2.0, segmenter.cut(decoded(closed), 0, 10).heardTo());
    assertEquals(2.0, segmenter.cut(decoded(T0, AND, T0 + 100), 0, 10).heardTo());
    assertEquals(10, segmenter.cut(decoded(T0, AND), 0, 10).heardTo());
  }

  @Test
  void anOpenPairAtTheEndIsListenedToAgain() {
    Segmenter.Cut cut = segmenter.cut(decoded(T0, AND, T0 + 50, T0 + 50), 2, 10);
    assertEquals(1, cut.segments().size());
    assertEquals(2.0, cut.segments().getFirst().start());
    assertEquals(3.0, cut.heardTo());
  }

  @Test
  void aStretchWithoutPairsIsOneSegment() {
    assertEquals(10, segmenter.cut(decoded(T0, AND), 0, 10).segments().getFirst().end());
    assertEquals(1.5, segmenter.cut(decoded(T0, AND, T0 + 75), 0, 10).segments().getFirst().end());
  }

  @Test
  void noTimePassesTheEndOfTheSound() {
    assertEquals(1.1, segmenter.cut(decoded(T0, AND, T0 + 75), 0, 1.1).segments().getFirst().end());
  }

  @Test
  void repetitionCompresses() {
    assertTrue(Segmenter.compressionRatio("no no no ".repeat(30)) > 2.4);
    assertTrue(Segmenter.compressionRatio("The quick brown fox jumps over the lazy dog") < 1.1);
  }
}
