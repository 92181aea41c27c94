package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.ModelChooser.Choice;
import io.sotto.http.ModelChooser.Wish;
import io.sotto.protocol.Decoding;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A9, T17, G13: which model a request gets that leaves it to the server. */
class ModelChooserTest {
  private static final OfferedModel TINY = model("whisper-tiny", 99, 40);
  private static final OfferedModel BASE = model("whisper-base", 99, 20);
  private static final OfferedModel ENGLISH = model("whisper-small.en", 0, 6);
  private static final OfferedModel MEDIUM = model("whisper-medium", 99, 2);
  private static final OfferedModel LARGE = model("whisper-large-v3", 100, 0.5);
  private static final List<OfferedModel> ALL = List.of(LARGE, ENGLISH, TINY, MEDIUM, BASE);

  private static OfferedModel model(String name, int languages, double speed) {
    Map<String, Double> speeds = speed == 0 ? Map.of() : Map.of("cpu", speed);
    return new OfferedModel(name, 1L, "int8", languages, 5, 1, speeds);
  }

  private static Choice choose(List<OfferedModel> offered, Wish wish) {
    return new ModelChooser(offered, "whisper-base").choose(wish);
  }

  @ParameterizedTest
  @CsvSource({
    // language, translate, quality, audio seconds, deadline, model
    "en, false, SPEED,     60,   , whisper-tiny",
    "en, false, BALANCED,  60,   , whisper-base",
    "en, false, ACCURACY,  60,   , whisper-medium",
    "en, false, PRECISION, 60,   , whisper-large-v3",
    "de, false, SPEED,     60,   , whisper-tiny",
    // only the newest knows Cantonese
    "yue, false, SPEED,    60,   , whisper-large-v3",
    // 60 s take 1.5, 3, 10, 30 and 120 s
    "en, false, PRECISION, 60, 200, whisper-large-v3",
    "en, false, PRECISION, 60,  30, whisper-medium",
    "en, false, PRECISION, 60,  10, whisper-small.en",
    "de, false, PRECISION, 60,  10, whisper-base",
    "en, true,  PRECISION, 60,  10, whisper-base",
    "  , false, PRECISION, 60,  10, whisper-base",
    "en, false, PRECISION, 60,   1, whisper-tiny",
    "en, false, SPEED,     60,  60, whisper-tiny",
    "en, false, BALANCED,  60,   2, whisper-tiny",
    "en, false, PRECISION,   ,  10, whisper-tiny",
  })
  void byLanguageTaskQualityAndMeasuredSpeed(
      String language,
      boolean translate,
      Quality quality,
      Double audio,
      Double deadline,
      String chosen) {
    Choice choice = choose(ALL, new Wish(language, translate, quality, audio, deadline));
    assertEquals(chosen, choice.model().name(), choice::reason);
  }

  @Test
  void aDeadlineThatNoneMeetsIsToldWithWhatTheFastestTakes() {
    Choice choice = choose(ALL, new Wish("en", false, Quality.PRECISION, 60.0, 1.0));
    assertEquals(1.5, choice.seconds());
    assertTrue(choice.reason().startsWith("the fastest measured: none meets"), choice::reason);
  }

  @Test
  void moreWorkersTakeMoreChunksAtATime() {
    OfferedModel four = new OfferedModel("whisper-base", 1L, "int8", 99, 5, 4, Map.of("cpu", 10.0));
    assertEquals(3, four.seconds(120));
    assertEquals(3, four.seconds(30), "one chunk is read by one worker");
  }

  @Test
  void whereOneSizeIsInstalledTheReasonSaysSo() {
    Choice one = choose(List.of(BASE), new Wish(null, false, Quality.PRECISION, 60.0, null));
    assertEquals("whisper-base", one.model().name());
    assertTrue(one.reason().startsWith("the only one of the models here"), one::reason);
    assertTrue(one.reason().endsWith("measured at 20.0 times real time"), one::reason);
  }

  @Test
  void whereNothingIsKnownTheDefaultIsTaken() {
    Choice none = choose(List.of(), new Wish("de", false, Quality.SPEED, 60.0, 5.0));
    assertEquals("whisper-base", none.model().name());
    assertTrue(none.reason().contains("no worker has offered a model yet"), none::reason);
    assertNull(none.seconds());
    Choice english = choose(List.of(ENGLISH), new Wish("de", false, Quality.SPEED, 60.0, null));
    assertTrue(english.reason().contains("none of the models here"), english::reason);
  }

  @Test
  void whatHasNotBeenMeasuredPromisesNothing() {
    List<OfferedModel> fresh = List.of(model("tiny", 99, 0), model("large", 99, 0));
    Choice choice = choose(fresh, new Wish("en", false, Quality.PRECISION, 60.0, 5.0));
    assertEquals("tiny", choice.model().name());
    assertNull(choice.seconds());
    assertTrue(choice.reason().contains("cannot be told"), choice::reason);
  }

  @ParameterizedTest
  @CsvSource({
    "openai/whisper-large-v3-turbo, TURBO",
    "whisper-large-v3, LARGE",
    "whisper-base.en, BASE",
    "tiny, TINY",
  })
  void sizesAreReadOffNames(String name, ModelSize size) {
    assertEquals(size, ModelSize.of(name).orElseThrow());
    assertTrue(ModelSize.of("my-own").isEmpty());
  }

  @Test
  void aQualityDecidesHowToDecodeWhereTheRequestDoesNot() {
    Decoding fast = Quality.SPEED.decoding(Decoding.DEFAULT, 5);
    assertEquals(List.of(0.0), fast.temperatures());
    assertEquals(Decoding.DEFAULT, Quality.BALANCED.decoding(Decoding.DEFAULT, 5));
    assertEquals(5, Quality.PRECISION.decoding(Decoding.DEFAULT, 5).beamSize());
    assertEquals(2, Quality.PRECISION.decoding(Decoding.DEFAULT, 2).beamSize());
    Decoding own = Quality.PRECISION.decoding(fast, 5);
    assertEquals(1, own.beamSize(), "what the request says wins");
    assertEquals(List.of(0.0), own.temperatures());
  }

  @ParameterizedTest
  @CsvSource({
    "320000, audio/wav, a.mp3, 10",
    "80000, 'audio/mpeg; x=1', , 10",
    "40000, application/octet-stream, talk.opus, 10",
    "80000, , , 10",
    "0, , , 0",
  })
  void aLengthIsEstimatedFromBytesAndKind(long bytes, String type, String name, double seconds) {
    assertEquals(seconds, LengthEstimate.seconds(bytes, type, name));
  }
}
