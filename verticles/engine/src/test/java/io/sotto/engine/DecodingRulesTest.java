package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.DecodingOptions.Timestamps;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the masks let through, on token rows written by hand; T0 is the timestamp 0.00. */
class DecodingRulesTest {
  private static final ModelBundle BUNDLE = ModelBundle.open(Samples.WHISPER);
  private static final TokenIds IDS = BUNDLE.tokens();
  private static final int T0 = IDS.firstTimestamp();
  private static final int AND = 400;
  private static final int SO = 370;
  private final FloatBuffer buffer = FloatBuffer.allocate(BUNDLE.dimensions().vocabulary());
  private final RowMask mask = new RowMask(buffer, T0);

  private static DecodingOptions.Builder options() {
    return DecodingOptions.DEFAULTS.toBuilder().timestamps(Timestamps.TOKENS);
  }

  private void after(DecodingOptions options, int... said) {
    IntList tokens = new IntList();
    for (int token : said) {
      tokens.append(token);
    }
    new DecodingRules(IDS, options).next(tokens, 0, mask);
  }

  private boolean may(int token) {
    return buffer.get(token) == 0;
  }

  @Test
  void theFirstTokenIsATimestampOfTheFirstSecond() {
    after(options().build());
    assertTrue(may(T0) && may(T0 + 50));
    assertFalse(may(T0 + 51) || may(AND) || may(IDS.endOfText()));
    after(options().maxInitialTimestamp(2).build());
    assertTrue(may(T0 + 100));
    assertFalse(may(T0 + 101));
  }

  @Test
  void timesNeverRunBackwards() {
    after(options().build(), T0, AND, T0 + 50, T0 + 60, SO);
    assertFalse(may(T0 + 10) || may(T0 + 60), "a segment has a length");
    assertTrue(may(T0 + 61) && may(SO) && may(IDS.endOfText()));
  }

  @Test
  void aClosedPairIsFollowedByText() {
    after(options().build(), T0, AND, T0 + 50, T0 + 60);
    assertFalse(may(T0 + 70));
    assertTrue(may(SO));
  }

  @Test
  void aSingleTimestampIsFollowedByAnotherOrTheEnd() {
    after(options().build(), T0, AND, T0 + 60);
    assertFalse(may(SO) || may(T0 + 59));
    assertTrue(may(T0 + 60) && may(IDS.endOfText()));
  }

  @Test
  void suppressedTokensAreNeverSaid() {
    int music = IDS.suppressed()[0];
    after(options().build(), T0, AND);
    assertFalse(may(music));
    after(options().suppressTokens(List.of()).build(), T0, AND);
    assertTrue(may(music));
    after(options().suppressTokens(List.of(-1, SO)).build(), T0, AND);
    assertFalse(may(music) || may(SO));
  }

  @Test
  void whatIsNoTextNeverComes() {
    after(options().suppressTokens(List.of()).build(), T0, AND);
    assertFalse(may(IDS.startOfTranscript()) || may(IDS.noSpeech()) || may(IDS.noTimestamps()));
  }

  @Test
  void noBlankAtTheBegin() {
    after(options().timestamps(Timestamps.NONE).build());
    assertFalse(may(IDS.endOfText()));
    assertTrue(may(AND));
    assertFalse(may(T0));
    after(options().timestamps(Timestamps.NONE).suppressBlank(false).build());
    assertTrue(may(IDS.endOfText()));
  }

  @Test
  void aMaskThatComesBackIsWholeAgain() {
    after(options().build(), T0, AND, T0 + 50, T0 + 60);
    after(options().build(), T0, AND);
    assertTrue(may(T0 + 1500) && may(T0 + 1) && may(SO));
    after(options().build());
    assertFalse(may(T0 + 1500) || may(SO));
  }

  @Test
  void logarithmsAdd() {
    assertEquals(Math.log(5), DecodingRules.logAdd(Math.log(2), Math.log(3)), 1e-12);
    assertEquals(7, DecodingRules.logAdd(7, -1e30), 1e-12);
  }
}
