package io.sotto.http;

import io.sotto.http.subtitle.Shape;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads how subtitles shall be cut, from a form's fields or a query: openai/whisper's options under
 * its names, and a few of ours. What does not fit is refused with its name and limits.
 */
final class ShapeForm {
  private static final String WIDTH = "max_line_width";
  private static final String COUNT = "max_line_count";
  private static final String WORDS = "max_words_per_line";
  private static final String HIGHLIGHT = "highlight_words";
  private static final String READING = "max_chars_per_second";
  private static final String GAP = "min_gap_ms";
  private static final String SHORTEST = "min_cue_ms";
  private static final String LONGEST = "max_cue_ms";
  private static final List<String> ALL =
      List.of(WIDTH, COUNT, WORDS, HIGHLIGHT, READING, GAP, SHORTEST, LONGEST);

  private final UnaryOperator<@Nullable String> fields;

  private ShapeForm(UnaryOperator<@Nullable String> fields) {
    this.fields = fields;
  }

  /** The shape that is asked for, or null; {@code field} gives values by name. */
  static @Nullable Shape read(UnaryOperator<@Nullable String> field, Format format) {
    ShapeForm form = new ShapeForm(field);
    String given = ALL.stream().filter(name -> form.value(name) != null).findFirst().orElse(null);
    if (given == null) {
      return null;
    }
    if (!format.hasCues()) {
      throw ApiError.badField(
          given,
          given
              + " is for srt, vtt, ttml, tsv and verbose_json: "
              + format.wire()
              + " has no cues");
    }
    Shape shape = form.shape();
    if (shape.highlightWords() && format != Format.SRT && format != Format.VTT) {
      throw ApiError.badField(HIGHLIGHT, HIGHLIGHT + " is for srt and vtt");
    }
    Integer least = shape.minCueMs();
    Integer most = shape.maxCueMs();
    if (least != null && most != null && least > most) {
      throw ApiError.badField(SHORTEST, SHORTEST + " exceeds " + LONGEST);
    }
    return shape;
  }

  private Shape shape() {
    return new Shape(
        whole(WIDTH, 1, 1_000),
        whole(COUNT, 1, 10),
        whole(WORDS, 1, 1_000),
        flag(HIGHLIGHT),
        real(READING, 1, 1_000),
        whole(GAP, 0, 10_000),
        whole(SHORTEST, 0, 60_000),
        whole(LONGEST, 100, 600_000));
  }

  private @Nullable String value(String name) {
    String value = fields.apply(name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  private boolean flag(String name) {
    String value = value(name);
    return switch (value == null ? "false" : value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ApiError.badField(name, name + " is true or false");
    };
  }

  private @Nullable Integer whole(String name, int min, int max) {
    String value = value(name);
    if (value == null) {
      return null;
    }
    if (value.matches("\\d{1,9}")) {
      int number = Integer.parseInt(value);
      if (number >= min && number <= max) {
        return number;
      }
    }
    throw ApiError.badField(name, name + " is a whole number from " + min + " to " + max);
  }

  private @Nullable Double real(String name, int min, int max) {
    String value = value(name);
    if (value == null) {
      return null;
    }
    if (value.matches("\\d{1,9}(\\.\\d{1,9})?")) {
      double number = Double.parseDouble(value);
      if (number >= min && number <= max) {
        return number;
      }
    }
    throw ApiError.badField(name, name + " is a number from " + min + " to " + max);
  }
}
