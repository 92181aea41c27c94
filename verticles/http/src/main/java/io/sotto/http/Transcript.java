package io.sotto.http;

import io.sotto.http.subtitle.Cue;
import io.sotto.http.subtitle.Shape;
import io.sotto.http.subtitle.Subtitles;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Task;
import io.sotto.protocol.Word;
import io.sotto.storage.JobStore.ChunkResult;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A finished transcript and its renderings: text and subtitles as openai/whisper's writers put
 * them, or cut into cues of a shape; json and verbose_json as OpenAI's API answers. Pure; times in
 * seconds.
 */
record Transcript(
    Task task, String language, double duration, List<Segment> segments, List<Segment> dropped) {
  private static final int FRAMES_PER_S = 100;

  Transcript {
    segments = List.copyOf(segments);
    dropped = List.copyOf(dropped);
  }

  /** From the chunks of a job, in the order of the recording. */
  static Transcript of(Task task, String language, long audioMs, List<ChunkResult> chunks) {
    List<Segment> segments =
        chunks.stream().flatMap(chunk -> chunk.transcript().segments().stream()).toList();
    List<Segment> dropped =
        chunks.stream().flatMap(chunk -> chunk.transcript().dropped().stream()).toList();
    return new Transcript(task, language, audioMs / 1000.0, segments, dropped);
  }

  String render(Format format) {
    return render(format, null);
  }

  /** With cues of {@code shape}, in formats that have some; null: cues are segments. */
  String render(Format format, @Nullable Shape shape) {
    return switch (format) {
      case TEXT -> text() + "\n";
      case JSON -> new JsonObject().put("text", text()).encode();
      case VERBOSE_JSON -> shape == null ? verbose().encode() : cued(shape).encode();
      case SRT -> subtitles(shape).srt();
      case VTT -> subtitles(shape).vtt();
      case TSV -> subtitles(shape).tsv();
      case TTML -> subtitles(shape).ttml(written());
    };
  }

  private Subtitles subtitles(@Nullable Shape shape) {
    return Subtitles.of(segments, written(), Math.round(duration * 1000), shape);
  }

  /** What the text is written in: a translation is English whatever was spoken. */
  private String written() {
    return task == Task.TRANSLATE ? "en" : language;
  }

  private JsonObject cued(Shape shape) {
    JsonArray cues = new JsonArray();
    for (Cue cue : subtitles(shape).cues()) {
      cues.add(
          new JsonObject()
              .put("start", cue.startMs() / 1000.0)
              .put("end", cue.endMs() / 1000.0)
              .put("lines", new JsonArray(cue.texts())));
    }
    return verbose().put("cues", cues);
  }

  /** The text of all segments, one after the other. */
  String text() {
    return segments.stream().map(Segment::text).collect(Collectors.joining()).strip();
  }

  private JsonObject verbose() {
    JsonObject json =
        new JsonObject()
            .put("task", task.wire())
            .put("language", Languages.name(language))
            .put("duration", duration)
            .put("text", text())
            .put("segments", json(segments));
    List<Word> words = segments.stream().flatMap(segment -> segment.words().stream()).toList();
    if (!words.isEmpty()) {
      json.put("words", new JsonArray(words.stream().map(Transcript::openAi).toList()));
    }
    if (!dropped.isEmpty()) {
      json.put("dropped", json(dropped));
    }
    return json;
  }

  private static JsonArray json(List<Segment> segments) {
    JsonArray list = new JsonArray();
    for (Segment segment : segments) {
      list.add(json(segment, list.size()));
    }
    return list;
  }

  private static JsonObject json(Segment segment, int id) {
    JsonObject json =
        new JsonObject()
            .put("id", id)
            .put("seek", Math.round(segment.start() * FRAMES_PER_S))
            .put("start", segment.start())
            .put("end", segment.end())
            .put("text", segment.text())
            .put("tokens", new JsonArray(List.copyOf(segment.tokens())))
            .put("temperature", segment.temperature())
            .put("avg_logprob", segment.avgLogprob())
            .put("compression_ratio", segment.compressionRatio())
            .put("no_speech_prob", segment.noSpeechProb());
    if (!segment.words().isEmpty()) {
      json.put("words", new JsonArray(segment.words().stream().map(Transcript::whisper).toList()));
    }
    if (segment.doubt() != null) {
      json.put("doubt", segment.doubt());
    }
    return json;
  }

  /** As openai/whisper: with the space before it, so that words together are the text. */
  private static JsonObject whisper(Word word) {
    return openAi(word).put("word", word.word()).put("probability", word.probability());
  }

  private static JsonObject openAi(Word word) {
    return new JsonObject()
        .put("word", word.word().strip())
        .put("start", word.start())
        .put("end", word.end());
  }
}
