package io.sotto.http;

import io.sotto.http.ModelChooser.Choice;
import io.sotto.http.ModelChooser.Wish;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import org.jspecify.annotations.Nullable;

/**
 * Reads which model a request wants: one by name, or the server's choice by {@code quality}, {@code
 * deadline_seconds}, or both. The choice is made when the job is made, and stays.
 */
final class ModelForm {
  private static final String AUTO = "auto";
  private static final double DEADLINE_S_MAX = 7 * 86_400;
  private final Form form;
  private final ModelRoster models;

  ModelForm(Form form, ModelRoster models) {
    this.form = form;
    this.models = models;
  }

  /**
   * {@code written} is what the request says by itself, which is the same whatever the server would
   * choose at another time; {@code wishes} what it says of the choice, empty where it says nothing;
   * {@code options} what runs. {@code choice} is null where there was none to make.
   */
  record Asked(
      TranscriptionOptions written,
      String wishes,
      TranscriptionOptions options,
      @Nullable Quality quality,
      @Nullable Choice choice) {}

  Asked read(TranscriptionOptions written) {
    Quality quality = quality(form.field("quality"));
    Double deadline = seconds("deadline_seconds", form.field("deadline_seconds"));
    String name = form.field("model");
    boolean auto = AUTO.equals(name) || name == null && (quality != null || deadline != null);
    if (!auto && quality == null) {
      return new Asked(written, "", written, null, null);
    }
    double length =
        LengthEstimate.seconds(form.file().bytes(), form.contentType(), form.fileName());
    Wish wish =
        new Wish(
            written.language(),
            written.task() == Task.TRANSLATE,
            quality == null ? Quality.BALANCED : quality,
            length,
            deadline);
    ModelChooser chooser = models.chooser();
    Choice choice = auto ? chooser.choose(wish) : chooser.named(written.model(), wish);
    String wishes =
        (quality == null ? "" : "\nquality=" + quality.key())
            + (deadline == null ? "" : "\ndeadline=" + deadline);
    return new Asked(
        written, wishes, options(written, choice, wish.quality()), quality, auto ? choice : null);
  }

  private static TranscriptionOptions options(
      TranscriptionOptions written, Choice choice, Quality quality) {
    Integer beamMax = choice.model().beamMax();
    return new TranscriptionOptions(
        choice.model().name(),
        written.language(),
        written.task(),
        written.prompt(),
        quality.decoding(written.decoding(), beamMax == null ? 1 : beamMax));
  }

  /** Null where none is named. */
  static @Nullable Quality quality(@Nullable String key) {
    return key == null
        ? null
        : Quality.parse(key)
            .orElseThrow(
                () ->
                    ApiError.badField(
                        "quality", "quality is speed, balanced, accuracy or precision"));
  }

  /** A number of seconds above 0, at most a week; null where {@code text} is. */
  static @Nullable Double seconds(String param, @Nullable String text) {
    if (text == null) {
      return null;
    }
    if (text.matches("\\d{1,9}(\\.\\d{1,6})?")) {
      double seconds = Double.parseDouble(text);
      if (seconds > 0 && seconds <= DEADLINE_S_MAX) {
        return seconds;
      }
    }
    throw ApiError.badField(param, param + " is a number of seconds above 0, at most 604800");
  }
}
