package io.sotto.http;

import io.sotto.http.subtitle.Cue;
import io.sotto.http.subtitle.Shape;
import io.sotto.http.subtitle.Subtitles;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Task;
import io.sotto.storage.JobStore.ChunkResult;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A finished transcript and its renderings: text and subtitles as openai/whisper's writers put
 * them, or cut into cues of a shape; json and verbose_json by {@link TranscriptJson}. Pure; times
 * in seconds.
 */
record Transcript(
    Task task, String language, double duration, List<Segment> segments, List<Segment> dropped) {
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

  /** Those from the beginning to the first that is not done yet, so that no gap is in the text. */
  static List<ChunkResult> leading(List<ChunkResult> chunks) {
    int count = 0;
    while (count < chunks.size() && chunks.get(count).seq() == count) {
      count++;
    }
    return chunks.subList(0, count);
  }

  String render(Format format) {
    return render(format, null);
  }

  /** With cues of {@code shape}, in formats that have some; null: cues are segments. */
  String render(Format format, @Nullable Shape shape) {
    return switch (format) {
      case TEXT -> text() + "\n";
      case JSON -> TranscriptJson.json(this, hasLogprobs()).encode();
      case VERBOSE_JSON -> withCues(TranscriptJson.verbose(this), shape).encode();
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

  /** {@code json} with the cues of {@code shape}, where there is one. */
  JsonObject withCues(JsonObject json, @Nullable Shape shape) {
    if (shape == null) {
      return json;
    }
    JsonArray cues = new JsonArray();
    for (Cue cue : subtitles(shape).cues()) {
      cues.add(
          new JsonObject()
              .put("start", cue.startMs() / 1000.0)
              .put("end", cue.endMs() / 1000.0)
              .put("lines", new JsonArray(cue.texts())));
    }
    return json.put("cues", cues);
  }

  /** The text of all segments, one after the other. */
  String text() {
    return segments.stream().map(Segment::text).collect(Collectors.joining()).strip();
  }

  private boolean hasLogprobs() {
    return segments.stream().anyMatch(segment -> segment.logprobs() != null);
  }
}
