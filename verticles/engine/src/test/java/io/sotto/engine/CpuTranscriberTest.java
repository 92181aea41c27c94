package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.EngineException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CpuTranscriberTest {
  private static final String JFK =
      "and so my fellow americans ask not what your country can do for you"
          + " ask what you can do for your country";

  private static Transcriber transcriber;

  @BeforeAll
  static void open() {
    transcriber =
        CpuTranscriber.open(ModelBundle.open(Samples.WHISPER), new LaneOptions(2, 2, 5, 8));
  }

  @AfterAll
  static void close() {
    transcriber.close();
  }

  private static Window window(float[] samples, @Nullable String language) {
    return new Window(samples, options().language(language).build());
  }

  private static DecodingOptions.Builder options() {
    return DecodingOptions.DEFAULTS.toBuilder();
  }

  private static String text(WindowTranscript transcript) {
    return transcript.segments().stream().map(DecodedSegment::text).collect(Collectors.joining());
  }

  private static String words(String text) {
    return text.toLowerCase(java.util.Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N}\\s]", "")
        .strip()
        .replaceAll("\\s+", " ");
  }

  private static WindowTranscript transcribe(float[] samples, @Nullable String language)
      throws Exception {
    return transcriber.transcribe(window(samples, language)).get();
  }

  @Test
  void jfkIsWordPerfectAndTimed() throws Exception {
    WindowTranscript jfk = transcribe(Samples.read("jfk.wav"), "en");
    assertEquals(JFK, words(text(jfk)));
    DecodedSegment first = jfk.segments().getFirst();
    DecodedSegment last = jfk.segments().getLast();
    assertTrue(first.start() >= 0 && first.start() < 1, first::toString);
    assertTrue(last.end() > 9.5 && last.end() <= 11, last::toString);
    assertTrue(last.avgLogprob() < 0 && last.avgLogprob() > -0.6, last::toString);
    assertTrue(last.noSpeechProb() < 0.3, last::toString);
    assertEquals(1, jfk.languageProbability());
  }

  @ParameterizedTest
  @CsvSource({
    "jfk.wav, en",
    "en-fox.wav, en",
    "fr-bonjour.wav, fr",
    "ja-konnichiwa.wav, ja",
    "pt-raposa.wav, pt",
    "zh-nihao.wav, zh"
  })
  void theLanguageIsHeard(String sample, String language) throws Exception {
    WindowTranscript heard = transcribe(Samples.read(sample), null);
    assertEquals(language, heard.language());
    assertTrue(heard.languageProbability() > 0.5, () -> "p=" + heard.languageProbability());
  }

  @Test
  void windowsSideBySideSayWhatTheySayAlone() throws Exception {
    List<String> samples =
        List.of("jfk.wav", "en-fox.wav", "en-counting.wav", "pt-raposa.wav", "fr-bonjour.wav");
    List<CompletableFuture<WindowTranscript>> together = new ArrayList<>();
    for (String sample : samples) {
      together.add(transcriber.transcribe(window(Samples.read(sample), null)));
    }
    for (int i = 0; i < samples.size(); i++) {
      String alone = text(transcribe(Samples.read(samples.get(i)), null));
      assertEquals(alone, text(together.get(i).get()), samples.get(i));
    }
  }

  @Test
  void whatFollowsALongPauseIsNotLost() throws Exception {
    float[] sound =
        Samples.join(
            Samples.read("en-fox.wav"), Samples.silence(4), Samples.read("en-counting.wav"));
    String text = words(text(transcribe(sound, "en")));
    assertTrue(text.startsWith("the quick brown fox jumps over the lazy dog"), text);
    assertTrue(text.contains("one") || text.contains("1"), text);
    assertTrue(text.endsWith("ten") || text.endsWith("10"), text);
  }

  @Test
  void translatesWhenAsked() throws Exception {
    Window french =
        new Window(
            Samples.read("fr-bonjour.wav"), options().language("fr").translate(true).build());
    String english = words(text(transcriber.transcribe(french).get()));
    assertTrue(english.contains("world"), english);
  }

  @Test
  void aPromptSteersSpelling() throws Exception {
    Window prompted =
        new Window(
            Samples.read("jfk.wav"),
            options().language("en").prompt("Speeches of presidents, in their words.").build());
    assertEquals(JFK, words(text(transcriber.transcribe(prompted).get())));
  }

  @Test
  void aCancelledWindowFreesItsRow() throws Exception {
    List<CompletableFuture<WindowTranscript>> cancelled = new ArrayList<>();
    for (int i = 0; i < transcriber.slots(); i++) {
      cancelled.add(transcriber.transcribe(window(Samples.read("jfk.wav"), "en")));
    }
    cancelled.forEach(f -> f.cancel(true));
    assertEquals(JFK, words(text(transcribe(Samples.read("jfk.wav"), "en"))));
    assertTrue(cancelled.stream().allMatch(CompletableFuture::isCancelled));
  }

  @Test
  void refusesWhatItCannotDecode() {
    assertRefused(window(Samples.silence(0), "en"), "480000");
    assertRefused(window(Samples.silence(30.1), "en"), "480000");
    assertRefused(window(Samples.silence(1), "xx"), "does not know the language xx");
  }

  private static void assertRefused(Window window, String reason) {
    ExecutionException e =
        assertThrows(ExecutionException.class, () -> transcriber.transcribe(window).get());
    EngineException refusal = (EngineException) e.getCause();
    assertEquals(Kind.BAD_REQUEST, refusal.kind());
    assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
  }

  @Test
  void aClosedOneFailsWhatWaitsAndWhatComes() throws Exception {
    CpuTranscriber closing =
        CpuTranscriber.open(ModelBundle.open(Samples.WHISPER), new LaneOptions(1, 1, 1, 4));
    List<CompletableFuture<WindowTranscript>> waiting = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      waiting.add(closing.transcribe(window(Samples.read("jfk.wav"), "en")));
    }
    closing.close();
    waiting.add(closing.transcribe(window(Samples.read("jfk.wav"), "en")));
    for (CompletableFuture<WindowTranscript> each : waiting.subList(1, 4)) {
      ExecutionException e = assertThrows(ExecutionException.class, each::get);
      assertEquals(Kind.CLOSED, ((EngineException) e.getCause()).kind());
    }
  }

  @Test
  void aFullQueueIsSaid() {
    List<CompletableFuture<WindowTranscript>> queued = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      queued.add(transcriber.transcribe(window(Samples.read("en-fox.wav"), "en")));
    }
    long refused = queued.stream().filter(CompletableFuture::isCompletedExceptionally).count();
    assertTrue(refused >= 40 - 18 - 10, () -> "refused " + refused);
    queued.forEach(f -> f.cancel(true));
  }
}
