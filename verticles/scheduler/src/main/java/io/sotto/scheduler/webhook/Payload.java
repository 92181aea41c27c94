package io.sotto.scheduler.webhook;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Word;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookStore.Delivery;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The body of a webhook, at most 20 kB of it: what became of the job, the beginning of the text,
 * and where to get the rest. Made anew for each try, and equal each time, since what has ended
 * changes no more. Pure.
 */
final class Payload {
  static final int BODY_BYTES_MAX = 20_000;
  private static final int TEXT_BYTES_MAX = 8_000;
  private static final int SEGMENTS_BYTES_MAX = 7_500;
  private static final int REASON_BYTES_MAX = 1_000;
  private static final int NAME_BYTES_MAX = 300;
  private static final double MS_PER_S = 1000;
  private final JobView job;
  private final List<Segment> segments;
  private final String links;

  private Payload(JobView job, List<ChunkResult> results, String apiUrl) {
    this.job = job;
    this.segments =
        results.stream().flatMap(chunk -> chunk.transcript().segments().stream()).toList();
    this.links = apiUrl + "/api/v1/transcriptions/" + job.id();
  }

  /** {@code results} are those of a completed job, none of another. */
  static Buffer of(
      WebhookFormat format, String event, JobView job, List<ChunkResult> results, String apiUrl) {
    Payload payload = new Payload(job, results, apiUrl);
    return switch (format) {
      case STANDARD -> payload.standard(event).toBuffer();
      case CALLBACK -> payload.callback().toBuffer();
    };
  }

  /** What an endpoint gets that somebody wants to see at work; {@code now} is when it is sent. */
  static Buffer test(Delivery delivery, Instant now) {
    return new JsonObject()
        .put("type", delivery.type())
        .put("timestamp", now.toString())
        .put("data", new JsonObject().put("endpoint", String.valueOf(delivery.endpoint())))
        .toBuffer();
  }

  private JsonObject standard(String event) {
    JsonObject data =
        new JsonObject()
            .put("id", job.id().toString())
            .put("status", job.state().wire())
            .put("model", job.options().model())
            .put("task", job.options().task().wire())
            .put("language", job.language())
            .put("file_name", name())
            .put("bytes", job.audioBytes())
            .put("duration_seconds", seconds())
            .put("created_at", job.createdAt().toString())
            .put("started_at", text(job.startedAt()))
            .put("finished_at", text(job.finishedAt()))
            .put("links", new JsonObject().put("job", links).put("transcript", transcript()));
    FailureCode code = job.failureCode();
    if (code != null) {
      data.put("error", new JsonObject().put("code", code.code()).put("message", reason()));
    }
    String whole = wholeText();
    if (whole != null) {
      String clipped = Clip.json(whole, TEXT_BYTES_MAX);
      data.put("text", clipped).put("text_truncated", clipped.length() < whole.length());
    }
    return new JsonObject()
        .put("type", event)
        .put("timestamp", text(job.finishedAt()))
        .put("data", data);
  }

  /** Known states there are completed and failed; a cancelled job is one that failed. */
  private JsonObject callback() {
    String whole = wholeText();
    String clipped = whole == null ? null : Clip.json(whole, TEXT_BYTES_MAX);
    JsonArray list = new JsonArray();
    boolean all = fill(list);
    boolean cut = !all || clipped != null && whole != null && clipped.length() < whole.length();
    JsonObject metadata =
        new JsonObject()
            .put("job_id", job.id().toString())
            .put("model", job.options().model())
            .put("language", job.language())
            .put("file_name", name())
            .put("truncated", cut);
    return new JsonObject()
        .put("status", whole == null ? "failed" : "completed")
        .put("transcript_text", clipped)
        .put("s3_transcript_url", transcript())
        .put("error_message", whole == null ? reason() : null)
        .put("processing_duration_ms", processingMs())
        .put("audio_duration_s", seconds())
        .put("segments", list)
        .put("speaker_segments", new JsonArray())
        .put("metadata", metadata);
  }

  /** As many segments as there is room for; whether that is all. */
  private boolean fill(JsonArray list) {
    int bytes = 0;
    for (Segment segment : segments) {
      JsonObject one = json(segment);
      bytes += one.toBuffer().length() + 1;
      if (bytes > SEGMENTS_BYTES_MAX) {
        return false;
      }
      list.add(one);
    }
    return true;
  }

  private static JsonObject json(Segment segment) {
    JsonArray words = new JsonArray();
    for (Word word : segment.words()) {
      words.add(
          new JsonObject()
              .put("word", word.word().strip())
              .put("start", word.start())
              .put("end", word.end())
              .put("score", word.probability()));
    }
    return new JsonObject()
        .put("start", segment.start())
        .put("end", segment.end())
        .put("text", segment.text().strip())
        .put("words", words);
  }

  private @Nullable String wholeText() {
    return switch (job.state()) {
      case COMPLETED -> segments.stream().map(Segment::text).collect(Collectors.joining()).strip();
      case ACCEPTED, PREPARING, RUNNING, FAILED, CANCELLED -> null;
    };
  }

  private @Nullable String transcript() {
    return wholeText() == null ? null : links + "/download";
  }

  private String reason() {
    String reason = job.failureReason();
    return reason == null ? "the job was cancelled" : Clip.json(reason, REASON_BYTES_MAX);
  }

  private @Nullable String name() {
    String name = job.fileName();
    return name == null ? null : Clip.json(name, NAME_BYTES_MAX);
  }

  private @Nullable Double seconds() {
    Long ms = job.audioMs();
    return ms == null ? null : Double.valueOf(ms / MS_PER_S);
  }

  private @Nullable Long processingMs() {
    Instant from = job.startedAt();
    Instant to = job.finishedAt();
    return from == null || to == null ? null : Long.valueOf(Duration.between(from, to).toMillis());
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }
}
