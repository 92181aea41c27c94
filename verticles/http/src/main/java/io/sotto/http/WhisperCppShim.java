package io.sotto.http;

import io.sotto.http.subtitle.Shape;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Word;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * whisper.cpp's server: {@code POST /inference}. Fields that mean something here are translated;
 * those that would change what is transcribed and cannot be honoured are refused; those that tune
 * its engine are not looked at. Without a language it is detected, where theirs takes English.
 */
final class WhisperCppShim {
  /** Theirs and ours of the same meaning and the same values. */
  private static final Map<String, String> RENAMED =
      Map.of(
          "logprob_thold", "logprob_threshold",
          "no_speech_thold", "no_speech_threshold",
          "prompt", "prompt",
          "language", "language",
          "model", "model");

  /** Where they are not 0, a part of the recording or a numbering is wanted. */
  private static final List<String> PARTS = List.of("offset_t", "offset_n", "duration");

  private static final List<String> SPEAKERS = List.of("diarize", "tinydiarize");
  private static final Set<String> YES = Set.of("true", "1", "yes", "y");

  /** Ids of text; what follows are marks, of times among others. */
  private static final int TEXT_TOKENS = 50_257;

  private final ShimCall call;

  WhisperCppShim(Rooms rooms) {
    this.call = new ShimCall(rooms);
  }

  Future<Void> inference(RoutingContext ctx) {
    MultiMap theirs = MultiMap.caseInsensitiveMultiMap();
    Submission.Intake intake =
        new Submission.Intake(
            Form.Part.FILE,
            form -> {
              theirs.addAll(form.fields());
              return translated(form);
            });
    return call.serve(
        ctx,
        intake,
        (to, done) -> answer(to, done, new Form(theirs, done.form().audio(), null, null)));
  }

  private static Form translated(Form form) {
    refuse(form);
    Format format = format(form);
    shape(form, format);
    MultiMap ours = MultiMap.caseInsensitiveMultiMap();
    RENAMED.forEach((their, our) -> put(ours, our, form.field(their)));
    put(ours, "task", yes(form, "translate") ? "translate" : "transcribe");
    put(ours, "temperature", temperatures(form));
    for (String width : List.of("beam_size", "best_of")) {
      String value = form.field(width);
      // theirs is -1 where there is none
      put(ours, width, value == null || value.startsWith("-") ? null : value);
    }
    if (yes(form, "detect_language")) {
      ours.remove("language");
    }
    boolean timed = format == Format.VERBOSE_JSON && !yes(form, "no_timestamps");
    boolean words = timed || form.field("max_len") != null;
    put(ours, "word_timestamps", String.valueOf(words));
    return new Form(ours, form.audio(), form.fileName(), form.contentType());
  }

  private static void refuse(Form form) {
    for (String name : PARTS) {
      if (number(form, name, 0) != 0) {
        throw ApiError.badField(name, "the whole recording is transcribed: leave out " + name);
      }
    }
    for (String name : SPEAKERS) {
      if (yes(form, name)) {
        throw ApiError.badField(name, "speakers are not told apart here: leave out " + name);
      }
    }
  }

  /** Theirs: from the first up to 1, an increment between two. */
  private static @Nullable String temperatures(Form form) {
    if (form.field("temperature") == null && form.field("temperature_inc") == null) {
      return null;
    }
    double first = number(form, "temperature", 0);
    double more = number(form, "temperature_inc", 0.2);
    if (!(first >= 0 && first <= 2)) {
      throw ApiError.badField("temperature", "temperature is a number from 0 to 2");
    }
    if (!(more == 0 || more >= 0.1 && more <= 2)) {
      throw ApiError.badField("temperature_inc", "temperature_inc is 0 or from 0.1 to 2");
    }
    List<String> list = new ArrayList<>(List.of(String.valueOf(first)));
    for (int i = 1; more > 0 && first + i * more < 1 + 1e-6 && list.size() < 10; i++) {
      list.add(String.format(Locale.ROOT, "%.3f", first + i * more));
    }
    return String.join(",", list);
  }

  private static double number(Form form, String name, double absent) {
    String value = form.field(name);
    if (value == null) {
      return absent;
    }
    if (!value.matches("-?\\d{1,9}(\\.\\d{1,9})?")) {
      throw ApiError.badField(name, name + " is a number");
    }
    return Double.parseDouble(value);
  }

  private static boolean yes(Form form, String name) {
    String value = form.field(name);
    return value != null && YES.contains(value.toLowerCase(Locale.ROOT));
  }

  private static void put(MultiMap fields, String name, @Nullable String value) {
    if (value != null) {
      fields.set(name, value);
    }
  }

  private static Format format(Form form) {
    String name = form.field("response_format");
    return switch (name == null ? "json" : name) {
      case "json" -> Format.JSON;
      case "text" -> Format.TEXT;
      case "srt" -> Format.SRT;
      case "vtt" -> Format.VTT;
      case "verbose_json" -> Format.VERBOSE_JSON;
      default ->
          throw ApiError.badField(
              "response_format", "response_format is json, text, srt, vtt or verbose_json");
    };
  }

  /** {@code max_len}: characters of a segment, which is a cue of one line. */
  private static @Nullable Shape shape(Form form, Format format) {
    double length = number(form, "max_len", 0);
    if (length < 0 || length > 1000 || length != Math.rint(length)) {
      throw ApiError.badField("max_len", "max_len is a whole number from 0 to 1000");
    }
    return length == 0 || format != Format.SRT && format != Format.VTT
        ? null
        : new Shape((int) length, 1, null, false, null, null, null, null);
  }

  private static Future<Void> answer(RoutingContext ctx, ShimCall.Done done, Form theirs) {
    Transcript transcript = done.transcript();
    Format format = format(theirs);
    return switch (format) {
      case JSON -> Replies.send(ctx, 200, new JsonObject().put("text", text(transcript)));
      case VERBOSE_JSON -> Replies.send(ctx, 200, verbose(done, yes(theirs, "no_timestamps")));
      // theirs says HTML, which a transcript must not be taken for
      case TEXT ->
          ctx.response()
              .putHeader(HttpHeaders.CONTENT_TYPE, format.contentType())
              .end(text(transcript))
              .mapEmpty();
      case SRT, VTT, TSV, TTML -> Replies.send(ctx, transcript, format, shape(theirs, format));
    };
  }

  /** A line a segment, each with the space before it. */
  private static String text(Transcript transcript) {
    return transcript.segments().stream()
        .map(segment -> segment.text() + "\n")
        .collect(Collectors.joining());
  }

  private static JsonObject verbose(ShimCall.Done done, boolean timeless) {
    Transcript transcript = done.transcript();
    JsonArray segments = new JsonArray();
    for (Segment segment : transcript.segments()) {
      segments.add(json(segment, segments.size(), timeless));
    }
    String language = Languages.name(done.language());
    double probability = done.languageProbability();
    return new JsonObject()
        .put("task", transcript.task().wire())
        .put("language", language)
        .put("duration", transcript.duration())
        .put("text", text(transcript))
        .put("segments", segments)
        .put("detected_language", language)
        .put("detected_language_probability", probability)
        .put("language_probabilities", new JsonObject().put(done.language(), probability));
  }

  private static JsonObject json(Segment segment, int id, boolean timeless) {
    JsonArray words = new JsonArray();
    for (Word word : segment.words()) {
      JsonObject json = new JsonObject().put("word", word.word());
      if (!timeless) {
        json.put("start", word.start()).put("end", word.end()).put("t_dtw", -1);
      }
      words.add(json.put("probability", word.probability()));
    }
    JsonObject json = new JsonObject().put("id", id).put("text", segment.text());
    if (!timeless) {
      json.put("start", segment.start()).put("end", segment.end());
    }
    List<Integer> text = segment.tokens().stream().filter(token -> token < TEXT_TOKENS).toList();
    return json.put("tokens", new JsonArray(text))
        .put("words", words)
        .put("temperature", segment.temperature())
        .put("avg_logprob", segment.avgLogprob())
        .put("no_speech_prob", segment.noSpeechProb());
  }
}
