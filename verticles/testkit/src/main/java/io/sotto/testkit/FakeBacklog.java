package io.sotto.testkit;

import io.sotto.protocol.ChunkState;
import io.sotto.protocol.JobState;
import io.sotto.storage.Backlog;
import io.sotto.testkit.FakeJobs.Chunk;
import io.sotto.testkit.FakeJobs.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The queue of {@link FakeJobStore}; of webhooks it knows how many wait, not since when. */
final class FakeBacklog {
  private static final double NANOS_PER_SECOND = 1e9;

  private FakeBacklog() {}

  static Backlog of(Collection<Job> jobs, long nowNanos, long webhooks) {
    Map<JobState, Long> open = new EnumMap<>(JobState.class);
    for (JobState state : List.of(JobState.ACCEPTED, JobState.PREPARING, JobState.RUNNING)) {
      open.put(state, jobs.stream().filter(job -> job.state == state).count());
    }
    Map<ChunkState, Backlog.Waiting> chunks = new EnumMap<>(ChunkState.class);
    for (ChunkState state : List.of(ChunkState.READY, ChunkState.LEASED)) {
      chunks.put(state, waiting(of(jobs, state)));
    }
    double oldest =
        jobs.stream()
            .filter(job -> !job.state.terminal())
            .mapToLong(job -> Duration.between(job.created, Instant.now()).toMillis())
            .max()
            .orElse(0);
    double ready =
        of(jobs, ChunkState.READY).stream()
            .mapToDouble(chunk -> Math.max(0, nowNanos - chunk.runAt) / NANOS_PER_SECOND)
            .max()
            .orElse(0);
    return new Backlog(open, chunks, Math.max(0, oldest / 1000), ready, webhooks, 0);
  }

  private static List<Chunk> of(Collection<Job> jobs, ChunkState state) {
    return jobs.stream()
        .flatMap(job -> job.chunks.values().stream())
        .filter(chunk -> chunk.state == state)
        .toList();
  }

  private static Backlog.Waiting waiting(List<Chunk> chunks) {
    long audioMs = chunks.stream().mapToLong(chunk -> chunk.span.durationMs()).sum();
    return new Backlog.Waiting(chunks.size(), audioMs);
  }
}
