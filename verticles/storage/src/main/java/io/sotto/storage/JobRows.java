package io.sotto.storage;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.Decoding;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.ProtocolJson;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscriptionOptions;
import io.vertx.sqlclient.Row;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows as records. */
final class JobRows {
  private JobRows() {}

  static JobView view(Row row) {
    String failure = row.getString("failure_code");
    return new JobView(
        new JobId(row.getUUID("id")),
        row.getLong("tenant_id"),
        JobState.fromWire(row.getString("state")),
        options(row, "asked_language"),
        row.getString("language"),
        row.getString("file_name"),
        row.getLong("source_bytes"),
        row.getString("source_sha256"),
        row.getLong("audio_ms"),
        row.getLong("prepared_ms"),
        row.getLong("done_ms"),
        row.getInteger("chunks_total"),
        row.getInteger("chunks_done"),
        failure == null ? null : FailureCode.fromCode(failure),
        row.getString("failure_reason"),
        required(row, "created_at"),
        instant(row, "started_at"),
        instant(row, "finished_at"),
        job(row, "deduplicated_from"));
  }

  private static @Nullable JobId job(Row row, String column) {
    UUID id = row.getUUID(column);
    return id == null ? null : new JobId(id);
  }

  private static TranscriptionOptions options(Row row, String language) {
    return new TranscriptionOptions(
        row.getString("model"),
        row.getString(language),
        Task.parse(row.getString("task")).orElseThrow(),
        row.getString("prompt"),
        ProtocolJson.read(row.getString("decoding"), Decoding.class));
  }

  static JobStore.ChunkResult result(Row row) {
    return new JobStore.ChunkResult(
        row.getInteger("seq"),
        row.getInteger("attempt"),
        span(row),
        new NodeId(row.getUUID("node")),
        ProtocolJson.read(row.getString("body"), ChunkTranscript.class));
  }

  static JobStore.Preparation preparation(Row row) {
    return new JobStore.Preparation(
        new JobId(row.getUUID("id")),
        row.getInteger("attempt"),
        new AudioKey(row.getString("source_key")),
        row.getLong("source_bytes"),
        row.getString("source_sha256"),
        trail(row),
        row.getLong("waited_ms"));
  }

  private static Trail trail(Row row) {
    return new Trail(row.getString("request_id"), row.getString("traceparent"));
  }

  static JobStore.Lease lease(Row row) {
    return new JobStore.Lease(
        new ChunkId(new JobId(row.getUUID("job_id")), row.getInteger("seq")),
        row.getInteger("attempt"),
        span(row),
        new AudioKey(row.getString("s3_key")),
        row.getString("sha256"),
        options(row, "language"),
        trail(row),
        row.getLong("waited_ms"));
  }

  private static Span span(Row row) {
    return new Span(row.getLong("start_ms"), row.getLong("end_ms"));
  }

  private static Instant required(Row row, String column) {
    return row.getOffsetDateTime(column).toInstant();
  }

  private static @Nullable Instant instant(Row row, String column) {
    OffsetDateTime time = row.getOffsetDateTime(column);
    return time == null ? null : time.toInstant();
  }

  static Backlog backlog(Row row) {
    Map<JobState, Long> jobs = new EnumMap<>(JobState.class);
    for (JobState open : List.of(JobState.ACCEPTED, JobState.PREPARING, JobState.RUNNING)) {
      jobs.put(open, row.getLong("jobs_" + open.wire()));
    }
    Map<ChunkState, Backlog.Waiting> chunks = new EnumMap<>(ChunkState.class);
    for (ChunkState open : List.of(ChunkState.READY, ChunkState.LEASED)) {
      long audioMs = row.getLong(open.wire() + "_ms");
      chunks.put(open, new Backlog.Waiting(row.getLong(open.wire() + "_chunks"), audioMs));
    }
    return new Backlog(
        jobs,
        chunks,
        row.getDouble("oldest_job"),
        row.getDouble("oldest_ready"),
        row.getLong("webhooks"),
        row.getDouble("oldest_webhook"));
  }
}
