package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.DecodingOptions.Timestamps;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How sure the model was of each token, and that the tokens are the text to the byte. */
class LogprobsTest {
  private static final long LIMIT_SECONDS = 120;
  private static CpuTranscriber transcriber;

  @BeforeAll
  static void open() {
    transcriber =
        CpuTranscriber.open(ModelBundle.open(Samples.WHISPER), new LaneOptions(1, 2, 5, 8));
  }

  @AfterAll
  static void close() {
    transcriber.close();
  }

  private static DecodingOptions.Builder options() {
    return DecodingOptions.DEFAULTS.toBuilder().logprobs(true);
  }

  private static WindowTranscript heard(String sample, DecodingOptions.Builder options)
      throws Exception {
    return transcriber
        .transcribe(new Window(Samples.read(sample), options.build()))
        .get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private static void assertTokensAreTheText(WindowTranscript heard) {
    assertFalse(heard.segments().isEmpty());
    for (DecodedSegment segment : heard.segments()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (DecodedToken token : segment.logprobs()) {
        token.bytes().forEach(bytes::write);
        assertTrue(token.logprob() <= 0 && token.logprob() > -30, token::toString);
      }
      assertArrayEquals(
          segment.text().getBytes(StandardCharsets.UTF_8), bytes.toByteArray(), segment::toString);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jfk.wav", "ja-konnichiwa.wav", "zh-nihao.wav", "pt-raposa.wav"})
  void theirBytesAreTheTextInEveryScript(String sample) throws Exception {
    assertTokensAreTheText(heard(sample, options()));
  }

  @Test
  void theirSumIsTheScoreOfTheText() throws Exception {
    List<DecodedSegment> segments = heard("jfk.wav", options().language("en")).segments();
    List<DecodedToken> tokens = segments.stream().flatMap(s -> s.logprobs().stream()).toList();
    double sum = tokens.stream().mapToDouble(DecodedToken::logprob).sum();
    double score = segments.getFirst().avgLogprob() * (tokens.size() + 1);
    assertTrue(sum >= score - 1e-6, "the score has the end beside it: " + sum + " " + score);
    assertEquals(score, sum, 3, "and an end that is nearly sure");
    assertEquals(" And", tokens.getFirst().text());
    assertEquals(List.of(32, 65, 110, 100), tokens.getFirst().bytes());
  }

  @Test
  void beamsDrawsAndTimestampTokensTellTheirsToo() throws Exception {
    assertTokensAreTheText(heard("jfk.wav", options().beamSize(5)));
    assertTokensAreTheText(heard("jfk.wav", options().temperatures(List.of(0.4)).bestOf(2)));
    assertTokensAreTheText(
        heard("jfk.wav", options().timestamps(Timestamps.TOKENS).wordTimestamps(true)));
    assertTokensAreTheText(heard("zh-nihao.wav", options().timestamps(Timestamps.NONE)));
  }

  @Test
  void whoDoesNotAskGetsNone() throws Exception {
    WindowTranscript heard = heard("jfk.wav", DecodingOptions.DEFAULTS.toBuilder());
    heard.segments().forEach(segment -> assertNull(segment.logprobs()));
  }
}
