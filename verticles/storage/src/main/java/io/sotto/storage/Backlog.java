package io.sotto.storage;

import io.sotto.protocol.ChunkState;
import io.sotto.protocol.JobState;
import java.util.Map;

/**
 * The queue of the whole cluster at a moment: open jobs by state, open chunks by state, and how
 * long the oldest of each have been there. Ages are seconds by the database's clock, 0 where there
 * is none.
 */
public record Backlog(
    Map<JobState, Long> jobs,
    Map<ChunkState, Waiting> chunks,
    double oldestJobSeconds,
    double oldestReadySeconds,
    long webhooksPending,
    double oldestWebhookSeconds) {

  /** Beyond so many chunks of a state, and webhooks, no more are counted. */
  public static final long CHUNKS_COUNTED_MAX = 100_000;

  /** Chunks of a state, and how many milliseconds of sound they hold. */
  public record Waiting(long chunks, long audioMs) {}

  public Backlog {
    jobs = Map.copyOf(jobs);
    chunks = Map.copyOf(chunks);
  }
}
