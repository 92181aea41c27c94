package io.sotto.http;

import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A job as the job API shows it. */
final class JobJson {
  private JobJson() {}

  static JsonObject of(JobView job) {
    JsonObject json =
        new JsonObject()
            .put("id", job.id().toString())
            .put("object", "transcription")
            .put("status", job.state().wire())
            .put("progress", job.progressPercent())
            .put("eta_seconds", eta(job))
            .put("model", job.options().model())
            .put("task", job.options().task().wire())
            .put("language", job.language())
            .put("file_name", job.fileName())
            .put("bytes", job.audioBytes())
            .put("duration_seconds", seconds(job))
            .put("chunks", chunks(job))
            .put("created_at", job.createdAt().toString())
            .put("started_at", text(job.startedAt()))
            .put("finished_at", text(job.finishedAt()));
    if (job.deduplicatedFrom() != null) {
      json.put("deduplicated_from", job.deduplicatedFrom().toString());
    }
    if (job.failureCode() != null) {
      ApiError error =
          new ApiError(
              job.failureCode().httpStatus(),
              job.failureCode().code(),
              null,
              job.failureReason() == null ? job.failureCode().code() : job.failureReason());
      json.put("error", error.json().getJsonObject("error"));
    }
    return json;
  }

  private static JsonObject chunks(JobView job) {
    return new JsonObject().put("done", job.chunksDone()).put("total", job.chunksTotal());
  }

  /** Its length once known; how far it is decoded until then. */
  private static @Nullable Double seconds(JobView job) {
    Long ms = job.audioMs();
    return ms != null ? Double.valueOf(ms / 1000.0) : null;
  }

  /** At the pace so far; null before there is one. */
  private static @Nullable Long eta(JobView job) {
    if (job.state().terminal()) {
      return 0L;
    }
    Instant started = job.startedAt();
    Long total = job.audioMs();
    if (started == null || total == null || job.doneMs() == 0) {
      return null;
    }
    long spentMs = Duration.between(started, Instant.now()).toMillis();
    return Math.max(1, spentMs * Math.max(0, total - job.doneMs()) / job.doneMs() / 1000);
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }

  /** Which node made each chunk, in which attempt, and how long each stage took. */
  static JsonObject chunks(List<ChunkResult> results) {
    JsonArray list = new JsonArray();
    for (ChunkResult chunk : results) {
      StringBuilder text = new StringBuilder();
      chunk.transcript().segments().forEach(segment -> text.append(segment.text()));
      var times = chunk.transcript().times();
      list.add(
          new JsonObject()
              .put("seq", chunk.seq())
              .put("attempt", chunk.attempt())
              .put("node", chunk.node().toString())
              .put("start", chunk.span().startMs() / 1000.0)
              .put("end", chunk.span().endMs() / 1000.0)
              .put("text", text.toString())
              .put(
                  "milliseconds",
                  new JsonObject()
                      .put("fetch", times.fetchMs())
                      .put("queue", times.queueMs())
                      .put("mel", times.melMs())
                      .put("encode", times.encodeMs())
                      .put("decode", times.decodeMs())));
    }
    return new JsonObject().put("object", "list").put("data", list);
  }
}
