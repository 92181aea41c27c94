package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.Decoding;
import io.vertx.core.MultiMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodingFormTest {
  private final MultiMap fields = MultiMap.caseInsensitiveMultiMap();

  private Decoding read() {
    return new DecodingForm(new Form(fields, null, null, null)).read();
  }

  @Test
  void whatIsNotSaidIsTheEngines() {
    assertEquals(Decoding.DEFAULT, read());
  }

  @Test
  void everyFieldIsRead() {
    fields
        .add("temperature", "0,0.4")
        .add("beam_size", "5")
        .add("best_of", "3")
        .add("patience", "1.5")
        .add("length_penalty", "0.5")
        .add("compression_ratio_threshold", "2")
        .add("logprob_threshold", "none")
        .add("no_speech_threshold", "none")
        .add("condition_on_previous_text", "true")
        .add("suppress_blank", "false")
        .add("suppress_tokens", "-1, 42")
        .add("without_timestamps", "true")
        .add("max_initial_timestamp", "3")
        .add("word_timestamps", "true")
        .add("prepend_punctuations", "(")
        .add("append_punctuations", ")")
        .add("hotwords", "Sotto, Hazelcast")
        .add("languages", "en")
        .add("languages", "german,fr")
        .add("hallucinations", "drop")
        .add("include[]", "logprobs");
    assertEquals(
        new Decoding(
            List.of(0.0, 0.4),
            5,
            3,
            1.5,
            0.5,
            2.0,
            -Decoding.OFF,
            Decoding.OFF,
            true,
            false,
            List.of(-1, 42),
            true,
            3.0,
            true,
            "(",
            ")",
            "Sotto, Hazelcast",
            List.of("en", "de", "fr"),
            "drop",
            true),
        read());
  }

  @Test
  void openAisZeroLeavesTheFallbackAndItsGranularitiesAskForWords() {
    fields.add("temperature", "0").add("timestamp_granularities[]", "segment");
    assertEquals(Decoding.DEFAULT, read());
    fields.add("timestamp_granularities[]", "word");
    assertEquals(Boolean.TRUE, read().wordTimestamps());
  }

  @Test
  void openAisKeywordsAreHotwords() {
    fields.add("keywords[]", "Sotto").add("keywords", "[\"Vert.x\", \" \", null]");
    assertEquals("Vert.x, Sotto", read().hotwords());
    fields.add("hotwords", "[sic] Hazelcast");
    assertEquals("[sic] Hazelcast, Vert.x, Sotto", read().hotwords());
    fields.add("keywords", "x".repeat(1_000));
    ApiError e = assertThrows(ApiError.class, this::read);
    assertEquals("keywords", e.json().getJsonObject("error").getString("param"));
  }

  @Test
  void listsMayBeJson() {
    fields.add("suppress_tokens", "[-1, 42]").add("languages[]", "[\"en\"]");
    assertEquals(List.of(-1, 42), read().suppressTokens());
    assertEquals(List.of("en"), read().languages());
  }

  @ParameterizedTest
  @CsvSource({
    "include, usage",
    "temperature, 2.1",
    "temperature, warm",
    "temperature, NaN",
    "beam_size, 0",
    "beam_size, 1.5",
    "best_of, 17",
    "patience, -1",
    "length_penalty, 2",
    "no_speech_threshold, 1.1",
    "logprob_threshold, 1",
    "condition_on_previous_text, maybe",
    "suppress_tokens, 1.5",
    "suppress_tokens, x",
    "languages, klingon",
    "hallucinations, shout",
    "timestamp_granularities, letter"
  })
  void whatDoesNotFitIsNamed(String field, String value) {
    fields.add(field, value);
    ApiError e = assertThrows(ApiError.class, this::read);
    assertEquals(400, e.status());
    assertEquals(field, e.json().getJsonObject("error", e.json()).getString("param"));
    assertTrue(e.getMessage().contains(field) || e.getMessage().contains(value), e::getMessage);
  }
}
