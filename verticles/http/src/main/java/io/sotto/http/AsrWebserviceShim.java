package io.sotto.http;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * whisper-asr-webservice's API: the recording is the part {@code audio_file}, everything else the
 * query, and the answer a text file whatever its format.
 */
final class AsrWebserviceShim {
  private static final String FILE = "audio_file";
  private final ShimCall call;

  AsrWebserviceShim(Rooms rooms) {
    this.call = new ShimCall(rooms);
  }

  Future<Void> asr(RoutingContext ctx) {
    String output = ctx.request().getParam("output", "txt");
    Format format =
        switch (output) {
          case "txt", "vtt", "srt", "tsv" -> Format.parse(output).orElseThrow();
          case "json" -> Format.VERBOSE_JSON;
          default -> throw ApiError.badField("output", "output is txt, vtt, srt, tsv or json");
        };
    if (flag(ctx, "diarize", false)) {
      throw ApiError.badField("diarize", "speakers are not told apart here: leave diarize out");
    }
    MultiMap fields = MultiMap.caseInsensitiveMultiMap();
    put(fields, "task", ctx.request().getParam("task"));
    put(fields, "language", ctx.request().getParam("language"));
    put(fields, "prompt", ctx.request().getParam("initial_prompt"));
    put(fields, "word_timestamps", String.valueOf(flag(ctx, "word_timestamps", false)));
    // speech is always looked for first
    flag(ctx, "vad_filter", false);
    return call.serve(ctx, intake(ctx, fields), (to, done) -> sendFile(to, done, format, output));
  }

  /**
   * A whole job like any other: what is spoken where speech begins is what the first chunk is
   * decoded with.
   */
  Future<Void> detectLanguage(RoutingContext ctx) {
    return call.serve(
        ctx,
        intake(ctx, MultiMap.caseInsensitiveMultiMap()),
        (to, done) ->
            Replies.send(
                to,
                200,
                new JsonObject()
                    .put("detected_language", Languages.name(done.language()))
                    .put("language_code", done.language())
                    .put("confidence", done.languageProbability())));
  }

  /** Of the form itself only the file counts. */
  private static Submission.Intake intake(RoutingContext ctx, MultiMap fields) {
    boolean raw = !flag(ctx, "encode", true);
    return new Submission.Intake(
        raw ? new Form.Part(FILE, RawPcm::new) : new Form.Part(FILE, body -> body),
        form -> new Form(fields, form.audio(), form.fileName(), form.contentType()));
  }

  private static void put(MultiMap fields, String name, @Nullable String value) {
    if (value != null) {
      fields.set(name, value);
    }
  }

  private static boolean flag(RoutingContext ctx, String name, boolean absent) {
    String value = ctx.request().getParam(name, String.valueOf(absent));
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true", "1", "yes", "on" -> true;
      case "false", "0", "no", "off" -> false;
      default -> throw ApiError.badField(name, name + " is true or false");
    };
  }

  private static Future<Void> sendFile(
      RoutingContext ctx, ShimCall.Done done, Format format, String output) {
    String name = done.form().fileName() == null ? "audio" : done.form().fileName();
    String quoted = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    return ctx.response()
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; charset=utf-8")
        .putHeader("Asr-Engine", "sotto")
        .putHeader("Content-Disposition", "attachment; filename=\"" + quoted + "." + output + "\"")
        .end(body(done, format))
        .mapEmpty();
  }

  /** As openai/whisper writes files: a line a segment in text, and codes for languages. */
  private static String body(ShimCall.Done done, Format format) {
    Transcript transcript = done.transcript();
    return switch (format) {
      case TEXT ->
          transcript.segments().stream()
              .map(segment -> segment.text().strip() + "\n")
              .collect(Collectors.joining());
      case VERBOSE_JSON ->
          new JsonObject(transcript.render(format)).put("language", done.language()).encode();
      case JSON, SRT, VTT, TSV, TTML -> transcript.render(format);
    };
  }
}
