package io.sotto.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.engine.EngineException.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The special tokens of one model, read from its {@code generation_config.json}: fine-tunes number
 * them differently, so none is a constant. {@code languages} maps Whisper codes ("en") to tokens
 * and is empty for an English-only model. Timestamps run from {@code firstTimestamp} in steps of
 * 0.02 s.
 */
record TokenIds(
    int endOfText,
    int startOfTranscript,
    int startOfPrevious,
    int noSpeech,
    int noTimestamps,
    int transcribe,
    int translate,
    Map<String, Integer> languages,
    int[] suppressed,
    int[] suppressedAtBegin,
    int maxInitialTimestampIndex) {

  static TokenIds read(JsonNode generation) {
    int noTimestamps = required(generation, "no_timestamps_token_id");
    Map<String, Integer> languages = new LinkedHashMap<>();
    generation
        .path("lang_to_id")
        .properties()
        .forEach(e -> languages.put(code(e.getKey()), e.getValue().asInt()));
    JsonNode tasks = generation.path("task_to_id");
    return new TokenIds(
        required(generation, "eos_token_id"),
        required(generation, "decoder_start_token_id"),
        required(generation, "prev_sot_token_id"),
        // <|nospeech|> stands before <|notimestamps|> in every Whisper vocabulary (openai
        // tokenizer.py)
        noTimestamps - 1,
        noTimestamps,
        tasks.path("transcribe").asInt(-1),
        tasks.path("translate").asInt(-1),
        languages,
        ints(generation.path("suppress_tokens")),
        ints(generation.path("begin_suppress_tokens")),
        generation.path("max_initial_timestamp_index").asInt(50));
  }

  private static int required(JsonNode json, String field) {
    if (!json.path(field).isInt()) {
      throw new EngineException(Kind.BAD_MODEL, "generation_config.json lacks " + field);
    }
    return json.path(field).asInt();
  }

  private static String code(String token) {
    return token.substring("<|".length(), token.length() - "|>".length());
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  /** Tokens that steer the model and are no text, whatever a caller suppresses. */
  int[] never() {
    int[] always = {startOfTranscript, startOfPrevious, noSpeech, noTimestamps};
    return java.util.stream.IntStream.concat(
            java.util.Arrays.stream(always),
            java.util.stream.IntStream.of(transcribe, translate).filter(token -> token >= 0))
        .toArray();
  }

  int firstTimestamp() {
    return noTimestamps + 1;
  }

  boolean multilingual() {
    return !languages.isEmpty();
  }

  /** The code of a language token. */
  String language(int token) {
    return languages.entrySet().stream()
        .filter(e -> e.getValue() == token)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  /**
   * The tokens every window begins with once its language is known: {@code [sot]}, or {@code [sot,
   * language, task]} for a multilingual model; timestamps are on. A null language leaves {@code
   * [sot]} alone, after which the language is read off.
   */
  List<Integer> start(@Nullable String language, boolean translate) {
    List<Integer> tokens = new ArrayList<>(List.of(startOfTranscript));
    if (multilingual() && language != null) {
      tokens.addAll(languageAndTask(languages.get(language), translate));
    }
    return tokens;
  }

  List<Integer> languageAndTask(int language, boolean translate) {
    return List.of(language, translate ? translate() : transcribe);
  }
}
