package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.DecodedSegment.Doubt;
import io.sotto.engine.DecodingOptions.Hallucinations;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoubtsTest {
  private static final DecodingOptions DEFAULTS = DecodingOptions.DEFAULTS;
  private static final float[] LOUD = new float[16_000 * 30];

  static {
    Arrays.fill(LOUD, 0.1f);
  }

  private static Segmenter.Decoded decoded(double avgLogprob, double compression, double silence) {
    return new Segmenter.Decoded(List.of(400), 0, avgLogprob, compression, silence);
  }

  private static DecodedSegment segment(double start, double end, String text, double compression) {
    return new DecodedSegment(
        start, end, text, List.of(400), 0, -0.2, compression, 0.1, List.of(), null);
  }

  @Test
  void whatLoopsOrIsUnlikelyIsTriedAgain() {
    assertFalse(Doubts.tryAgain(decoded(-0.5, 1.5, 0.1), DEFAULTS));
    assertTrue(Doubts.tryAgain(decoded(-0.5, 2.5, 0.1), DEFAULTS));
    assertTrue(Doubts.tryAgain(decoded(-1.1, 1.5, 0.1), DEFAULTS));
    DecodingOptions off =
        DEFAULTS.toBuilder().compressionRatioThreshold(null).logprobThreshold(null).build();
    assertFalse(Doubts.tryAgain(decoded(-9, 20, 0.1), off));
  }

  @Test
  void silenceIsNotTriedAgain() {
    assertTrue(Doubts.silent(decoded(-1.2, 1.5, 0.7), DEFAULTS));
    assertFalse(Doubts.tryAgain(decoded(-1.2, 1.5, 0.7), DEFAULTS));
    assertFalse(Doubts.silent(decoded(-0.5, 1.5, 0.7), DEFAULTS), "the words are likely");
  }

  @Test
  void ofWhatAllFailsTheLikeliestStraightOneIsTaken() {
    Segmenter.Decoded loops = decoded(-0.1, 9, 0);
    Segmenter.Decoded unlikely = decoded(-1.5, 1, 0);
    Segmenter.Decoded unlikelier = decoded(-2, 1, 0);
    assertSame(unlikely, Doubts.best(List.of(loops, unlikely, unlikelier), DEFAULTS));
    assertSame(loops, Doubts.best(List.of(decoded(-1, 9, 0), loops), DEFAULTS));
    Segmenter.Decoded good = decoded(-0.9, 1, 0);
    assertSame(good, Doubts.best(List.of(loops, good), DEFAULTS));
  }

  private static Doubts.Sorted sorted(
      List<DecodedSegment> segments, float[] samples, boolean silent, Hallucinations policy) {
    DecodingOptions options = DEFAULTS.toBuilder().hallucinations(policy).build();
    return Doubts.sort(segments, List.of(), samples, silent, options);
  }

  @Test
  void aDoubtIsNamedAndKeptOrDroppedAsAsked() {
    List<DecodedSegment> segments =
        List.of(
            segment(0, 1, " Yes.", 1),
            segment(1, 2, " Thank you.", 1),
            segment(2, 3, " thank you.", 1),
            segment(3, 4, " Thank you.", 1),
            segment(4, 5, " la la", 3));
    Doubts.Sorted flagged = sorted(segments, LOUD, false, Hallucinations.FLAG);
    assertEquals(5, flagged.kept().size());
    assertNull(flagged.kept().get(2).doubt());
    assertEquals(Doubt.REPETITION, flagged.kept().get(3).doubt());
    assertEquals(Doubt.COMPRESSION, flagged.kept().get(4).doubt());
    Doubts.Sorted dropped = sorted(segments, LOUD, false, Hallucinations.DROP);
    assertEquals(segments.subList(0, 3), dropped.kept());
    assertEquals(
        List.of(Doubt.REPETITION, Doubt.COMPRESSION),
        dropped.dropped().stream().map(DecodedSegment::doubt).toList());
    assertEquals(segments, sorted(segments, LOUD, true, Hallucinations.KEEP).kept());
  }

  @Test
  void textWhereThereIsNoSoundIsDoubted() {
    float[] quiet = new float[16_000];
    Doubts.Sorted sorted =
        sorted(List.of(segment(0, 1, " You", 1)), quiet, false, Hallucinations.FLAG);
    assertEquals(Doubt.SILENCE, sorted.kept().getFirst().doubt());
    Doubts.Sorted silent =
        sorted(List.of(segment(0, 1, " You", 1)), LOUD, true, Hallucinations.FLAG);
    assertTrue(silent.kept().isEmpty());
    assertEquals(Doubt.NO_SPEECH, silent.dropped().getFirst().doubt());
  }
}
