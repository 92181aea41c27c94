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
    return new Segmenter.Decoded(List.of(400), 0, avgLogprob, compression, false, silence);
  }

  private static final Segmenter.Decoded GOOD = decoded(-0.2, 1, 0.1);
  private static final Segmenter.Decoded SILENT = decoded(-1.5, 1, 0.9);

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
      List<DecodedSegment> segments,
      float[] samples,
      Segmenter.Decoded text,
      Hallucinations policy) {
    DecodingOptions options = DEFAULTS.toBuilder().hallucinations(policy).build();
    return Doubts.sort(segments, List.of(), samples, text, options);
  }

  @Test
  void aDoubtIsNamedAndKeptOrDroppedAsAsked() {
    List<DecodedSegment> segments =
        List.of(
            segment(0, 1, " Yes.", 1),
            segment(1, 2, " Thank you.", 1),
            segment(2, 3, " thank you.", 1),
            segment(3, 4, " Thank you.", 1));
    Doubts.Sorted flagged = sorted(segments, LOUD, GOOD, Hallucinations.FLAG);
    assertEquals(4, flagged.kept().size());
    assertNull(flagged.kept().get(2).doubt());
    assertEquals(Doubt.REPETITION, flagged.kept().get(3).doubt());
    Doubts.Sorted dropped = sorted(segments, LOUD, GOOD, Hallucinations.DROP);
    assertEquals(segments.subList(0, 3), dropped.kept());
    assertEquals(
        List.of(Doubt.REPETITION), dropped.dropped().stream().map(DecodedSegment::doubt).toList());
    assertEquals(segments, sorted(segments, LOUD, SILENT, Hallucinations.KEEP).kept());
  }

  @Test
  void whatLoopsAtEveryTemperatureIsDoubtedUnlessItIsARefrain() {
    List<DecodedSegment> segments = List.of(segment(0, 1, " la la", 3));
    Segmenter.Decoded loops = decoded(-0.2, 3, 0.1);
    assertEquals(
        Doubt.COMPRESSION,
        sorted(segments, LOUD, loops, Hallucinations.FLAG).kept().getFirst().doubt());
    Segmenter.Decoded refrain = new Segmenter.Decoded(List.of(400), 0, -0.2, 3, true, 0.1);
    assertEquals(segments, sorted(segments, LOUD, refrain, Hallucinations.FLAG).kept());
    assertFalse(Doubts.tryAgain(refrain, DEFAULTS));
  }

  @Test
  void aPassageSaidTwiceIsARefrainAndACircleIsNone() {
    String jfk =
        " And so, my fellow Americans, ask not what your country can do for you, ask what you can"
            + " do for your country.";
    assertTrue(Refrain.is(jfk.repeat(2)));
    assertTrue(Refrain.is(jfk.repeat(3)));
    assertTrue(Refrain.is(jfk + jfk.replace("fellow", "yellow")), "misheard once");
    assertFalse(Refrain.is(jfk), "said once");
    assertFalse(Refrain.is(jfk.repeat(4)));
    assertFalse(Refrain.is(" Thank you.".repeat(20)));
    assertFalse(Refrain.is(" I don't know what to do.".repeat(9)), "six words, nine times");
    assertFalse(Refrain.is(""));
  }

  @Test
  void textWhereThereIsNoSoundIsDoubted() {
    float[] quiet = new float[16_000];
    Doubts.Sorted sorted =
        sorted(List.of(segment(0, 1, " You", 1)), quiet, GOOD, Hallucinations.FLAG);
    assertEquals(Doubt.SILENCE, sorted.kept().getFirst().doubt());
    Doubts.Sorted silent =
        sorted(List.of(segment(0, 1, " You", 1)), LOUD, SILENT, Hallucinations.FLAG);
    assertTrue(silent.kept().isEmpty());
    assertEquals(Doubt.NO_SPEECH, silent.dropped().getFirst().doubt());
  }
}
