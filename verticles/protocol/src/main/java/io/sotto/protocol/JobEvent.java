package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * What applications on the bus hear when a job moves on, in the words of the REST API. {@code
 * durationSeconds} is the recording's length once it is known, {@code error} why the job failed;
 * {@code at} is when the job began or ended something last, ISO-8601 in UTC.
 */
public record JobEvent(
    JobId id,
    long tenant,
    @JsonProperty("status") JobState state,
    int progress,
    String model,
    @Nullable String language,
    @Nullable Double durationSeconds,
    Chunks chunks,
    @JsonProperty("updated_at") String at,
    @Nullable Failure error) {

  /** {@code total} is null until the recording is decoded to its end. */
  public record Chunks(int done, @Nullable Integer total) {}

  public record Failure(FailureCode code, String message) {}
}
