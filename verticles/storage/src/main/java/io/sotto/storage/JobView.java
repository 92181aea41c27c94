package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.TranscriptionOptions;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job as readers see it. {@code audioMs} is the length of the recording once it is known; {@code
 * preparedMs} how far it is cut; {@code doneMs} how many milliseconds of it are transcribed
 * (silence that no chunk covers counts when the job ends). {@code language} is the one asked for or
 * detected. {@code deduplicatedFrom} is the job whose stored result this one was answered with.
 * Times are UTC.
 */
public record JobView(
    JobId id,
    long tenantId,
    JobState state,
    TranscriptionOptions options,
    @Nullable String language,
    @Nullable String fileName,
    long audioBytes,
    String audioSha256,
    @Nullable Long audioMs,
    long preparedMs,
    long doneMs,
    @Nullable Integer chunksTotal,
    int chunksDone,
    @Nullable FailureCode failureCode,
    @Nullable String failureReason,
    Instant createdAt,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    @Nullable JobId deduplicatedFrom) {

  /** When it last began or ended something. */
  public Instant updatedAt() {
    if (finishedAt != null) {
      return finishedAt;
    }
    return startedAt == null ? createdAt : startedAt;
  }

  /**
   * 0 to 100, from audio seconds done. Reaches 100 only in {@code completed}; never falls while one
   * attempt runs, since the length of the recording is taken from its end once known and from what
   * is decoded before.
   */
  public int progressPercent() {
    if (state == JobState.COMPLETED) {
      return 100;
    }
    if (audioMs == null || audioMs == 0) {
      return 0;
    }
    return (int) Math.min(99, doneMs * 100 / audioMs);
  }
}
