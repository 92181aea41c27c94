package io.sotto.http;

import io.sotto.protocol.JobState;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A job as the job API shows it. */
final class JobJson {
  private JobJson() {}

  /** A job that has ended: nothing is left of it. */
  static JsonObject of(JobView job) {
    return of(job, 0L);
  }

  /** {@code etaSeconds} is null while nobody can tell. */
  static JsonObject of(JobView job, @Nullable Long etaSeconds) {
    JsonObject json =
        new JsonObject()
            .put("id", job.id().toString())
            .put("object", "transcription")
            .put("status", job.state().wire())
            .put("progress", job.progressPercent())
            .put("eta_seconds", etaSeconds)
            .put("model", job.options().model())
            .put("task", job.options().task().wire())
            .put("language", job.language())
            .put("file_name", job.fileName())
            .put("bytes", job.audioBytes())
            .put("duration_seconds", seconds(job))
            .put("chunks", chunks(job))
            .put("created_at", job.createdAt().toString())
            .put("updated_at", job.updatedAt().toString())
            .put("started_at", text(job.startedAt()))
            .put("finished_at", text(job.finishedAt()))
            .put("status_url", JobRoutes.JOBS + "/" + job.id())
            .put("download_url", download(job));
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

  /** Null while there is nothing to download. */
  private static @Nullable String download(JobView job) {
    return job.state() == JobState.COMPLETED ? JobRoutes.JOBS + "/" + job.id() + "/download" : null;
  }

  private static JsonObject chunks(JobView job) {
    return new JsonObject().put("done", job.chunksDone()).put("total", job.chunksTotal());
  }

  /** Its length once known; how far it is decoded until then. */
  private static @Nullable Double seconds(JobView job) {
    Long ms = job.audioMs();
    return ms != null ? Double.valueOf(ms / 1000.0) : null;
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }

  /**
   * Names exactly what decoded the text. Null where no chunk was, or where they were decoded by
   * different builds of the model: {@code /chunks} tells then.
   */
  static @Nullable String digest(List<ChunkResult> results) {
    List<String> digests =
        results.stream().map(chunk -> chunk.transcript().modelDigest()).distinct().toList();
    return digests.size() == 1 ? digests.getFirst() : null;
  }

  /** {@code job} with what is transcribed of it so far, from its beginning without a gap. */
  static JsonObject partial(JsonObject job, List<ChunkResult> results) {
    StringBuilder text = new StringBuilder();
    double until = 0;
    for (ChunkResult chunk : Transcript.leading(results)) {
      chunk.transcript().segments().forEach(segment -> text.append(segment.text()));
      until = chunk.span().endMs() / 1000.0;
    }
    return job.put("partial", true)
        .put("text", text.toString().strip())
        .put("text_until_seconds", until);
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
              .put("model_digest", chunk.transcript().modelDigest())
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
    return Replies.list(list);
  }
}
