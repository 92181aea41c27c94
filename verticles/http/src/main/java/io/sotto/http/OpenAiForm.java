package io.sotto.http;

import io.sotto.http.subtitle.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What only OpenAI's routes read of a form: how the answer is written down. {@code segments} and
 * {@code words} are what verbose_json holds; {@code logprobs} is for json alone; {@code shape} for
 * subtitles. What cannot be had is refused; a field that is unknown, or has no meaning for the
 * format, is ignored.
 */
record OpenAiForm(
    Format format, boolean segments, boolean words, boolean logprobs, @Nullable Shape shape) {
  static OpenAiForm read(Form form) {
    temperature(form);
    ChunkingForm.check(form);
    List<String> granularities = DecodingForm.granularities(form);
    // word_timestamps is ours: whoever asks by it alone gets both
    boolean words = granularities.isEmpty() && form.flag("word_timestamps");
    Format format = format(form);
    OpenAiForm read =
        new OpenAiForm(
            format,
            granularities.isEmpty() || granularities.contains("segment"),
            words || granularities.contains("word"),
            DecodingForm.logprobs(form),
            ShapeForm.read(form::field, format));
    if (read.logprobs && read.format != Format.JSON) {
      throw ApiError.badField("include", "include[]=logprobs needs response_format json");
    }
    return read;
  }

  /** OpenAI has one from 0 to 1, where the job API has several up to 2. */
  private static void temperature(Form form) {
    String temperature = form.field("temperature");
    if (temperature != null) {
      DecodingForm.number("temperature", temperature, 0, 1);
    }
  }

  private static Format format(Form form) {
    String name = form.field("response_format");
    if ("diarized_json".equals(name)) {
      throw ApiError.badField(
          "response_format",
          "speakers are not told apart yet; use verbose_json for segments without speakers");
    }
    return Format.parse(name == null ? "json" : name)
        .orElseThrow(
            () ->
                ApiError.badField(
                    "response_format",
                    "response_format is json, text, srt, vtt, verbose_json, ttml or tsv"));
  }

  String render(Transcript transcript) {
    return switch (format) {
      case JSON -> TranscriptJson.json(transcript, logprobs).encode();
      case VERBOSE_JSON ->
          transcript.withCues(TranscriptJson.openAi(transcript, segments, words), shape).encode();
      case TEXT, SRT, VTT, TSV, TTML -> transcript.render(format, shape);
    };
  }
}
