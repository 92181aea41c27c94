package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.DecodedSegment.Doubt;
import io.sotto.engine.DecodingOptions.Hallucinations;
import io.sotto.engine.DecodingOptions.Timestamps;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the options of a request do to what is heard. */
class DecodingTest {
  private static final String JFK =
      "and so my fellow americans ask not what your country can do for you"
          + " ask what you can do for your country";
  private static final long LIMIT_SECONDS = 120;
  private static CpuTranscriber transcriber;

  @BeforeAll
  static void open() {
    transcriber =
        CpuTranscriber.open(ModelBundle.open(Samples.WHISPER), new LaneOptions(1, 2, 5, 64));
  }

  @AfterAll
  static void close() {
    transcriber.close();
  }

  private static DecodingOptions.Builder options() {
    return DecodingOptions.DEFAULTS.toBuilder();
  }

  private static WindowTranscript heard(float[] samples, DecodingOptions.Builder options)
      throws Exception {
    return transcriber
        .transcribe(new Window(samples, options.build()))
        .get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private static String text(WindowTranscript transcript) {
    return transcript.segments().stream().map(DecodedSegment::text).collect(Collectors.joining());
  }

  private static String plain(WindowTranscript transcript) {
    return text(transcript)
        .toLowerCase(java.util.Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N}\\s]", "")
        .strip()
        .replaceAll("\\s+", " ");
  }

  @Test
  void beamSearchFindsWhatIsAtLeastAsLikely() throws Exception {
    float[] jfk = Samples.read("jfk.wav");
    WindowTranscript greedy = heard(jfk, options().language("en"));
    WindowTranscript beam = heard(jfk, options().language("en").beamSize(5).patience(2));
    assertEquals(JFK, plain(beam));
    assertTrue(
        beam.segments().getFirst().avgLogprob() >= greedy.segments().getFirst().avgLogprob() - 0.01,
        () -> beam + " " + greedy);
  }

  @Test
  void aTextDrawnAtATemperatureIsTheSameEveryTime() throws Exception {
    float[] jfk = Samples.read("jfk.wav");
    DecodingOptions.Builder warm = options().language("en").temperatures(List.of(0.6)).bestOf(3);
    WindowTranscript first = heard(jfk, warm);
    assertEquals(0.6, first.segments().getFirst().temperature());
    assertEquals(text(first), text(heard(jfk, warm)));
  }

  @Test
  void whatIsUnlikelyIsTriedAtEveryTemperature() throws Exception {
    DecodingOptions.Builder strict =
        options().language("en").logprobThreshold(-0.001).temperatures(List.of(0.0, 0.1, 0.2));
    WindowTranscript heard = heard(Samples.read("en-fox.wav"), strict);
    WindowTranscript easy = heard(Samples.read("en-fox.wav"), options().language("en"));
    assertEquals(0.0, easy.segments().getFirst().temperature());
    assertTrue(heard.times().decodeMs() > 1.5 * easy.times().decodeMs(), heard::toString);
    assertTrue(plain(heard).contains("fox"), heard::toString);
  }

  @Test
  void aSuppressedWordIsNotSaid() throws Exception {
    List<Integer> fox = new ArrayList<>(List.of(-1));
    Tokenizer tokenizer = ModelBundle.open(Samples.WHISPER).tokenizer();
    fox.addAll(tokenizer.encode(" fox"));
    WindowTranscript heard =
        heard(Samples.read("en-fox.wav"), options().language("en").suppressTokens(fox));
    assertFalse(text(heard).contains(" fox"), heard::toString);
    assertTrue(text(heard).contains("brown"), heard::toString);
  }

  @Test
  void hotwordsLeaveWhatSurroundsThemAlone() throws Exception {
    float[] fox = Samples.read("en-fox.wav");
    WindowTranscript heard = heard(fox, options().language("en").hotwords("Phocks"));
    assertTrue(plain(heard).startsWith("the quick brown"), heard::toString);
    assertTrue(plain(heard).endsWith("lazy dog"), heard::toString);
  }

  @Test
  void anEndlessPromptIsCutToWhatFits() throws Exception {
    String prompt = "my fellow citizens of the world ".repeat(200);
    DecodingOptions.Builder options =
        options().language("en").prompt(prompt).hotwords(prompt).temperatures(List.of(0.0));
    WindowTranscript heard = heard(Samples.read("jfk.wav"), options);
    assertTrue(plain(heard).contains("my fellow"), heard::toString);
  }

  @Test
  void theLanguageIsChosenFromThoseAllowed() throws Exception {
    WindowTranscript heard =
        heard(Samples.read("fr-bonjour.wav"), options().languages(Set.of("de", "it")));
    assertTrue(Set.of("de", "it").contains(heard.language()), heard::toString);
    double all = heard.languageProbabilities().values().stream().mapToDouble(p -> p).sum();
    assertEquals(1, all, 1e-6);
    assertEquals(2, heard.languageProbabilities().size());
    assertRefused(options().languages(Set.of("xx")), "does not know the language xx");
  }

  @Test
  void withoutTimestampsAWindowIsOneSegment() throws Exception {
    WindowTranscript heard =
        heard(Samples.read("jfk.wav"), options().language("en").timestamps(Timestamps.NONE));
    assertEquals(1, heard.segments().size());
    assertEquals(11, heard.segments().getFirst().end(), 0.01);
    assertEquals(JFK, plain(heard));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jfk.wav",
        "en-fox.wav",
        "en-counting.wav",
        "fr-bonjour.wav",
        "it-ciao.wav",
        "pt-raposa.wav",
        "ja-konnichiwa.wav",
        "zh-nihao.wav"
      })
  void wordsTogetherAreTheText(String sample) throws Exception {
    float[] samples =
        Samples.join(Samples.read(sample), Samples.silence(2), Samples.read("en-fox.wav"));
    for (Timestamps timestamps : List.of(Timestamps.ALIGNED, Timestamps.TOKENS)) {
      wordsTogetherAreTheText(samples, options().timestamps(timestamps));
    }
  }

  private static void wordsTogetherAreTheText(float[] samples, DecodingOptions.Builder options)
      throws Exception {
    WindowTranscript heard = heard(samples, options.wordTimestamps(true));
    assertFalse(heard.segments().isEmpty());
    double last = 0;
    for (DecodedSegment segment : heard.segments()) {
      String words = segment.words().stream().map(DecodedWord::text).collect(Collectors.joining());
      assertEquals(segment.text(), words);
      for (DecodedWord word : segment.words()) {
        assertTrue(word.start() >= last && word.end() >= word.start(), word + " after " + last);
        assertTrue(word.probability() > 0 && word.probability() <= 1, word::toString);
        last = word.end();
      }
      assertEquals(segment.words().getFirst().start(), segment.start(), 1e-9);
      assertEquals(segment.words().getLast().end(), segment.end(), 1e-9);
    }
    assertTrue(last <= samples.length / 16_000.0 + 0.05, "ends at " + last);
  }

  @Test
  void silenceSaysNothing() throws Exception {
    WindowTranscript heard =
        heard(Samples.silence(10), options().language("en").hallucinations(Hallucinations.DROP));
    assertEquals("", text(heard), heard::toString);
    for (DecodedSegment segment : heard.dropped()) {
      assertTrue(Set.of(Doubt.values()).contains(segment.doubt()), segment::toString);
    }
  }

  @Test
  void aBeamThatNoLaneHasIsRefused() {
    assertRefused(options().beamSize(6), "beam_size is at most 5 here");
  }

  @Test
  void aGpuIsAskedForModelsThatRunThere() {
    ModelBundle int8 = ModelBundle.open(Samples.WHISPER);
    EngineException e =
        assertThrows(
            EngineException.class,
            () -> CpuTranscriber.open(int8, new LaneOptions(1, 1, 1, 0).on(Device.CUDA)));
    assertTrue(e.getMessage().contains("--precision fp16"), e::getMessage);
  }

  private static void assertRefused(DecodingOptions.Builder options, String reason) {
    ExecutionException e =
        assertThrows(ExecutionException.class, () -> heard(Samples.read("en-fox.wav"), options));
    assertEquals(EngineException.Kind.BAD_REQUEST, ((EngineException) e.getCause()).kind());
    assertTrue(e.getCause().getMessage().contains(reason), e::toString);
  }

  @Test
  void fiftyCancelledAtAnyMomentLeaveTheLaneFree() throws Exception {
    Random random = new Random(50);
    int cancelled = 0;
    float[] jfk = Samples.read("jfk.wav");
    for (int i = 0; i < 50; i++) {
      CompletableFuture<WindowTranscript> doomed =
          transcriber.transcribe(
              new Window(jfk, options().language("en").beamSize(1 + random.nextInt(5)).build()));
      CompletableFuture.delayedExecutor(random.nextInt(40), TimeUnit.MILLISECONDS)
          .execute(() -> doomed.cancel(true));
      // a fast machine may have heard all of it before it is cancelled
      if (!doomed.handle((heard, failure) -> failure == null).join()) {
        assertThrows(java.util.concurrent.CancellationException.class, doomed::join);
        cancelled++;
      }
    }
    assertTrue(cancelled > 0, "none was cancelled");
    long before = System.nanoTime();
    WindowTranscript heard =
        heard(Samples.read("en-fox.wav"), options().language("en").beamSize(5));
    assertTrue(plain(heard).endsWith("lazy dog"), heard::toString);
    double seconds = (System.nanoTime() - before) / 1e9;
    assertTrue(seconds < 30, "all rows were free after " + seconds + " s");
  }
}
