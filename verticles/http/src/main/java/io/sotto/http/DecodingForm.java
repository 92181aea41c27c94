package io.sotto.http;

import io.sotto.protocol.Decoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads how a request wants to be decoded, fields under Whisper's names. What does not fit is
 * refused with its name and limits.
 */
final class DecodingForm {
  private static final int WIDTH_MAX = 16;
  private static final int TEMPERATURES_MAX = 10;
  private static final int TOKENS_MAX = 1_000;
  private static final int TOKEN_MAX = 100_000;
  private static final int PUNCTUATIONS_MAX = 100;
  private static final int HOTWORDS_CHARS_MAX = 1_000;
  private static final Set<String> POLICIES = Set.of("keep", "flag", "drop");
  private final Form form;

  DecodingForm(Form form) {
    this.form = form;
  }

  Decoding read() {
    return new Decoding(
        temperatures(),
        whole("beam_size", 1, WIDTH_MAX),
        whole("best_of", 1, WIDTH_MAX),
        real("patience", 0.1, 10),
        real("length_penalty", 0, 1),
        threshold("compression_ratio_threshold", 0, 1_000, Decoding.OFF),
        threshold("logprob_threshold", -100, 0, -Decoding.OFF),
        threshold("no_speech_threshold", 0, 1, Decoding.OFF),
        flag("condition_on_previous_text"),
        flag("suppress_blank"),
        list("suppress_tokens", TOKENS_MAX, this::token),
        flag("without_timestamps"),
        real("max_initial_timestamp", 0, 30),
        words(),
        text("prepend_punctuations", PUNCTUATIONS_MAX),
        text("append_punctuations", PUNCTUATIONS_MAX),
        hotwords(),
        list("languages", 100, DecodingForm::language),
        policy(),
        logprobs(form) ? Boolean.TRUE : null);
  }

  /** One or several; a lone 0 means, as with OpenAI, that higher ones follow where it fails. */
  private @Nullable List<Double> temperatures() {
    List<Double> list =
        list("temperature", TEMPERATURES_MAX, value -> number("temperature", value, 0, 2));
    return list == null || list.equals(List.of(0.0)) ? null : list;
  }

  private @Nullable Boolean words() {
    return granularities(form).contains("word") ? Boolean.TRUE : flag("word_timestamps");
  }

  /** What OpenAI's {@code timestamp_granularities} hold: word, segment, both, or nothing. */
  static List<String> granularities(Form form) {
    String name = "timestamp_granularities";
    return oneOf(form, name, List.of("word", "segment"), name + " holds word, segment or both");
  }

  /** Whether OpenAI's {@code include} asks for the log-probabilities of tokens. */
  static boolean logprobs(Form form) {
    return !oneOf(form, "include", List.of("logprobs"), "include holds logprobs or nothing")
        .isEmpty();
  }

  private static List<String> oneOf(Form form, String name, List<String> known, String otherwise) {
    List<String> asked =
        form.values(name).stream()
            .flatMap(value -> Arrays.stream(value.split(",")))
            .map(String::strip)
            .toList();
    if (!known.containsAll(asked)) {
      throw ApiError.badField(name, otherwise);
    }
    return asked;
  }

  /** Ours, and OpenAI's {@code keywords}, which say the same. */
  private @Nullable String hotwords() {
    List<String> words = new ArrayList<>();
    String own = form.field("hotwords");
    if (own != null) {
      words.add(own);
    }
    List<String> keywords = form.values("keywords");
    words.addAll(keywords);
    String all = String.join(", ", words);
    return atMost(HOTWORDS_CHARS_MAX, keywords.isEmpty() ? "hotwords" : "keywords", all);
  }

  private @Nullable Integer whole(String name, int min, int max) {
    String value = form.field(name);
    if (value == null) {
      return null;
    }
    double number = number(name, value, min, max);
    if (number != Math.rint(number)) {
      throw ApiError.badField(name, name + " is a whole number, not " + value);
    }
    return (int) number;
  }

  private @Nullable Double real(String name, double min, double max) {
    String value = form.field(name);
    return value == null ? null : number(name, value, min, max);
  }

  private @Nullable Double threshold(String name, double min, double max, double off) {
    String value = form.field(name);
    return value != null && value.equals("none") ? Double.valueOf(off) : real(name, min, max);
  }

  static double number(String name, String value, double min, double max) {
    try {
      double number = Double.parseDouble(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw ApiError.badField(
        name,
        "%s is a number from %s to %s, not %s"
            .formatted(
                name, plain(min), plain(max), value.substring(0, Math.min(40, value.length()))));
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  private @Nullable Boolean flag(String name) {
    String value = form.field(name);
    if (value == null) {
      return null;
    }
    return switch (value) {
      case "true" -> Boolean.TRUE;
      case "false" -> Boolean.FALSE;
      default -> throw ApiError.badField(name, name + " is true or false");
    };
  }

  private int token(String value) {
    double number = number("suppress_tokens", value, -1, TOKEN_MAX);
    if (number != Math.rint(number)) {
      throw ApiError.badField("suppress_tokens", "suppress_tokens are whole numbers");
    }
    return (int) number;
  }

  private static String language(String value) {
    return Languages.parse(value)
        .orElseThrow(() -> ApiError.badField("languages", "unknown language " + value));
  }

  /** Values between commas, or in repeated fields. */
  private <T> @Nullable List<T> list(String name, int max, Function<String, T> parse) {
    List<T> values = new ArrayList<>();
    for (String each : String.join(",", form.values(name)).split(",", -1)) {
      if (!each.isBlank()) {
        values.add(parse.apply(each.strip()));
      }
    }
    if (values.size() > max) {
      throw ApiError.badField(name, name + " has at most " + max + " values");
    }
    return values.isEmpty() ? null : values;
  }

  private @Nullable String text(String name, int max) {
    String value = form.field(name);
    return value == null ? null : atMost(max, name, value);
  }

  private static @Nullable String atMost(int max, String name, String value) {
    if (value.length() > max) {
      throw ApiError.badField(name, name + " has at most " + max + " characters");
    }
    return value.isEmpty() ? null : value;
  }

  private @Nullable String policy() {
    String value = form.field("hallucinations");
    if (value != null && !POLICIES.contains(value)) {
      throw ApiError.badField("hallucinations", "hallucinations is keep, flag or drop");
    }
    return value;
  }
}
