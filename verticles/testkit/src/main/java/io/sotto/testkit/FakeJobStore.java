package io.sotto.testkit;

import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.testkit.FakeJobs.Chunk;
import io.sotto.testkit.FakeJobs.Job;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A {@link JobStore} in memory, one step at a time: held to the same contract as the real one. */
public final class FakeJobStore implements JobStore {
  private static final int FAILS_MAX = 5;
  private static final int DEATHS_MAX = 3;
  private static final long REST_NANOS = 50_000_000L;
  private static final Set<FailureCode> EXCUSED =
      Set.of(FailureCode.DRAINING, FailureCode.STORE_DOWN, FailureCode.AUDIO_CORRUPT);

  private static final String SILENT = "the node that worked on it fell silent";

  private final Map<JobId, Job> jobs = new TreeMap<>();
  private final Map<NodeId, Long> leases = new HashMap<>();
  private final Map<String, Duty> duties = new HashMap<>();

  private record Duty(NodeId node, long until) {}

  private synchronized <T> Future<T> step(Supplier<T> work) {
    return Future.succeededFuture(work.get());
  }

  private static long at(Duration later) {
    return System.nanoTime() + later.toNanos();
  }

  private static boolean passed(long nanos) {
    return System.nanoTime() - nanos >= 0;
  }

  private boolean lives(@Nullable NodeId node) {
    Long until = leases.get(node);
    return until != null && !passed(until);
  }

  @Override
  public Future<Inserted> insert(NewJob job) {
    return step(
        () -> {
          Optional<Job> met =
              jobs.values().stream().filter(other -> same(other.made, job)).findFirst();
          if (met.isEmpty()) {
            jobs.put(job.id(), new Job(job));
            return new Inserted(job.id(), true, true);
          }
          NewJob first = met.get().made;
          return new Inserted(first.id(), false, first.requestHash().equals(job.requestHash()));
        });
  }

  private static boolean same(NewJob one, NewJob other) {
    boolean key =
        one.idempotencyKey() != null
            && one.tenantId() == other.tenantId()
            && one.idempotencyKey().equals(other.idempotencyKey());
    return key || one.id().equals(other.id());
  }

  @Override
  public Future<Optional<JobView>> find(long tenantId, JobId job) {
    return step(
        () ->
            Optional.ofNullable(jobs.get(job))
                .filter(found -> found.made.tenantId() == tenantId)
                .map(Job::view));
  }

  @Override
  public Future<List<ChunkResult>> results(JobId job) {
    return step(
        () ->
            jobs.get(job).chunks.values().stream()
                .map(chunk -> chunk.result)
                .filter(Objects::nonNull)
                .toList());
  }

  @Override
  public Future<Boolean> cancel(long tenantId, JobId id) {
    return step(
        () -> {
          Job job = jobs.get(id);
          if (job == null || job.made.tenantId() != tenantId || job.state.terminal()) {
            return false;
          }
          job.end(JobState.CANCELLED, null, null);
          return true;
        });
  }

  @Override
  public Future<Void> register(NodeId node, String roles, String version, Duration ttl) {
    return step(() -> leases.put(node, at(ttl))).mapEmpty();
  }

  @Override
  public Future<Boolean> renew(NodeId node, Duration ttl) {
    return step(
        () -> {
          boolean alive = lives(node);
          if (alive) {
            leases.put(node, at(ttl));
          }
          return alive;
        });
  }

  @Override
  public Future<Void> deregister(NodeId node) {
    return step(() -> Optional.ofNullable(leases.remove(node))).mapEmpty();
  }

  @Override
  public Future<List<Preparation>> claimPreparations(NodeId scheduler, int limit, Duration lease) {
    return step(
        () -> {
          List<Preparation> claimed = new ArrayList<>();
          for (Job job : lives(scheduler) ? jobs.values() : List.<Job>of()) {
            if (claimed.size() < limit && job.state == JobState.ACCEPTED && passed(job.runAt)) {
              job.move(JobState.PREPARING);
              job.attempt++;
              job.owner = scheduler;
              job.ingest = null;
              job.deadline = at(lease);
              job.started = java.time.Instant.now();
              claimed.add(
                  new Preparation(
                      job.made.id(),
                      job.attempt,
                      job.made.audio().key(),
                      job.made.audio().bytes(),
                      job.made.audio().sha256()));
            }
          }
          return claimed;
        });
  }

  private @Nullable Job preparing(JobId id, int attempt) {
    Job job = jobs.get(id);
    boolean current = job != null && job.attempt == attempt && job.state == JobState.PREPARING;
    return current ? job : null;
  }

  @Override
  public Future<Boolean> assignPreparation(JobId id, int attempt, NodeId ingest) {
    return step(
        () -> {
          Job job = preparing(id, attempt);
          if (job != null) {
            job.ingest = ingest;
          }
          return job != null;
        });
  }

  @Override
  public Future<Void> releasePreparation(JobId id, int attempt, Duration delay) {
    return step(() -> {
          Job job = preparing(id, attempt);
          if (job != null) {
            job.move(JobState.ACCEPTED);
            job.runAt = at(delay);
          }
          return true;
        })
        .mapEmpty();
  }

  @Override
  public Future<Commit> recordChunks(ChunksPrepared report, Duration lease) {
    return step(
        () -> {
          Job known = jobs.get(report.job());
          Job job = preparing(report.job(), report.attempt());
          if (job == null) {
            boolean again =
                known != null
                    && known.attempt == report.attempt()
                    && report.end() != null
                    && (known.state == JobState.RUNNING || known.state == JobState.COMPLETED);
            return new Commit(again, known == null ? null : known.state);
          }
          report.chunks().forEach(chunk -> record(job, chunk));
          job.preparedMs = Math.max(job.preparedMs, report.preparedMs());
          job.deadline = at(lease);
          end(job, report.end());
          return new Commit(true, job.state);
        });
  }

  private static void record(Job job, PreparedChunk chunk) {
    Chunk met = job.chunks.get(chunk.seq());
    if (met == null) {
      ChunkState state =
          job.language == null && chunk.seq() > 0 ? ChunkState.HELD : ChunkState.READY;
      job.chunks.put(
          chunk.seq(), new Chunk(chunk.seq(), chunk.span(), chunk.key(), chunk.sha256(), state));
    } else if (!met.state.terminal()) {
      met.span = chunk.span();
      met.sha256 = chunk.sha256();
    }
  }

  private static void end(Job job, ChunksPrepared.@Nullable End end) {
    if (end != null) {
      job.total = end.chunksTotal();
      job.audioMs = end.audioMs();
      if (job.done == end.chunksTotal()) {
        job.end(JobState.COMPLETED, null, null);
      } else {
        job.move(JobState.RUNNING);
      }
    }
  }

  @Override
  public Future<Commit> failPreparation(PreparationFailed report) {
    return step(
        () -> {
          Job known = jobs.get(report.job());
          Job job = preparing(report.job(), report.attempt());
          if (job == null) {
            boolean again = known != null && known.charged == report.attempt();
            return new Commit(again, known == null ? null : known.state);
          }
          if (EXCUSED.contains(report.code())) {
            job.charged = job.attempt;
            job.move(JobState.ACCEPTED);
            return new Commit(true, job.state);
          }
          job.fails++;
          return chargePreparation(job, report.code(), report.reason());
        });
  }

  private static Commit chargePreparation(Job job, FailureCode code, String reason) {
    job.charged = job.attempt;
    if (!code.retryable() || job.fails >= FAILS_MAX || job.deaths >= DEATHS_MAX) {
      job.end(JobState.FAILED, code, reason);
    } else {
      job.move(JobState.ACCEPTED);
      job.runAt = System.nanoTime() + REST_NANOS;
    }
    return new Commit(true, job.state);
  }

  @Override
  public Future<List<Lease>> claimChunks(
      NodeId scheduler, NodeId worker, Collection<String> models, int limit, Duration deadline) {
    return step(
        () -> {
          List<Lease> claimed = new ArrayList<>();
          for (Job job : lives(scheduler) ? jobs.values() : List.<Job>of()) {
            if (models.contains(job.made.options().model())) {
              for (Chunk chunk : job.chunks.values()) {
                boolean ready = chunk.state == ChunkState.READY && passed(chunk.runAt);
                if (ready && claimed.size() < limit) {
                  claimed.add(lease(job, chunk, scheduler, worker, deadline));
                }
              }
            }
          }
          return claimed;
        });
  }

  private static Lease lease(
      Job job, Chunk chunk, NodeId scheduler, NodeId worker, Duration deadline) {
    chunk.move(ChunkState.LEASED);
    chunk.attempt++;
    chunk.owner = scheduler;
    chunk.worker = worker;
    chunk.deadline = at(deadline);
    TranscriptionOptions asked = job.made.options();
    return new Lease(
        new ChunkId(job.made.id(), chunk.seq),
        chunk.attempt,
        chunk.span,
        chunk.key,
        chunk.sha256,
        job.language == null ? asked : asked.withLanguage(job.language));
  }

  @Override
  public Future<Commit> commit(ChunkTranscribed report) {
    return step(
        () -> {
          Job job = jobs.get(report.chunk().job());
          Chunk chunk = job == null ? null : job.chunks.get(report.chunk().seq());
          if (chunk == null || !chunk.held(report.attempt())) {
            boolean again =
                chunk != null
                    && chunk.state == ChunkState.DONE
                    && chunk.attempt == report.attempt();
            return new Commit(again, job == null ? null : job.state);
          }
          finish(Objects.requireNonNull(job), chunk, report);
          return new Commit(true, job.state);
        });
  }

  private static void finish(Job job, Chunk chunk, ChunkTranscribed report) {
    chunk.move(ChunkState.DONE);
    chunk.result =
        new ChunkResult(
            chunk.seq, report.attempt(), chunk.span, report.node(), report.transcript());
    job.done++;
    job.doneMs += chunk.span.durationMs();
    job.language = job.language == null ? report.transcript().language() : job.language;
    if (chunk.seq == 0) {
      job.chunks.values().stream()
          .filter(other -> other.state == ChunkState.HELD)
          .forEach(other -> other.move(ChunkState.READY));
    }
    if (job.state == JobState.RUNNING && Objects.equals(job.total, job.done)) {
      job.end(JobState.COMPLETED, null, null);
    }
  }

  @Override
  public Future<Commit> fail(ChunkFailed report) {
    return step(
        () -> {
          Job job = jobs.get(report.chunk().job());
          Chunk chunk = job == null ? null : job.chunks.get(report.chunk().seq());
          if (job == null
              || chunk == null
              || job.state.terminal()
              || !chunk.held(report.attempt())) {
            return new Commit(false, job == null ? null : job.state);
          }
          if (chunk.charged == report.attempt()) {
            return new Commit(true, job.state);
          }
          if (!report.charged()) {
            giveBack(chunk, 0);
            return new Commit(true, job.state);
          }
          chunk.fails++;
          return charge(job, chunk, report.code(), report.reason());
        });
  }

  private static Commit charge(Job job, Chunk chunk, FailureCode code, String reason) {
    chunk.charged = chunk.attempt;
    if (code.retryable() && chunk.fails < FAILS_MAX && chunk.deaths < DEATHS_MAX) {
      giveBack(chunk, chunk.deaths == 1 && chunk.fails == 0 ? 0 : REST_NANOS);
    } else {
      chunk.move(ChunkState.DEAD);
      job.end(JobState.FAILED, code, "chunk " + chunk.seq + ": " + reason);
    }
    return new Commit(true, job.state);
  }

  private static void giveBack(Chunk chunk, long restNanos) {
    chunk.state = ChunkState.READY;
    chunk.owner = null;
    chunk.runAt = System.nanoTime() + restNanos;
  }

  @Override
  public Future<Boolean> lead(String duty, NodeId node, Duration ttl) {
    return step(
        () -> {
          Duty held = duties.get(duty);
          boolean free = held == null || held.node.equals(node) || passed(held.until);
          if (free) {
            duties.put(duty, new Duty(node, at(ttl)));
          }
          return free;
        });
  }

  @Override
  public Future<Swept> sweep(int limit) {
    return step(
        () ->
            release(
                chunk -> passed(chunk.deadline) || !lives(chunk.owner),
                chunk -> passed(chunk.deadline) || Objects.equals(chunk.worker, chunk.owner),
                job -> passed(job.deadline) || !lives(job.owner),
                job -> passed(job.deadline) || Objects.equals(job.ingest, job.owner)));
  }

  @Override
  public Future<Swept> releaseWork(Collection<NodeId> lost) {
    return step(
        () ->
            release(
                chunk -> lost.contains(chunk.worker),
                chunk -> true,
                job -> lost.contains(job.ingest),
                job -> true));
  }

  private Swept release(
      Predicate<Chunk> lostChunk,
      Predicate<Chunk> chunkDied,
      Predicate<Job> lostJob,
      Predicate<Job> jobDied) {
    int released = 0;
    List<JobId> failed = new ArrayList<>();
    for (Job job : jobs.values()) {
      for (Chunk chunk : List.copyOf(job.chunks.values())) {
        if (chunk.state == ChunkState.LEASED && lostChunk.test(chunk)) {
          released += releaseChunk(job, chunk, chunkDied.test(chunk), failed);
        }
      }
      if (job.state == JobState.PREPARING && lostJob.test(job)) {
        released += releasePreparation(job, jobDied.test(job), failed);
      }
    }
    return new Swept(released, failed);
  }

  private static int releaseChunk(Job job, Chunk chunk, boolean died, List<JobId> failed) {
    if (!died) {
      giveBack(chunk, 0);
      return 1;
    }
    chunk.deaths++;
    return count(job, charge(job, chunk, FailureCode.TIMEOUT, SILENT), failed);
  }

  private static int releasePreparation(Job job, boolean died, List<JobId> failed) {
    if (!died) {
      job.move(JobState.ACCEPTED);
      return 1;
    }
    job.deaths++;
    return count(job, chargePreparation(job, FailureCode.TIMEOUT, SILENT), failed);
  }

  private static int count(Job job, Commit commit, List<JobId> failed) {
    if (commit.finished()) {
      failed.add(job.made.id());
      return 0;
    }
    return 1;
  }

  @Override
  public Future<List<JobId>> uncleaned(int limit) {
    return step(
        () ->
            jobs.values().stream()
                .filter(job -> job.state.terminal() && !job.cleaned && passed(job.cleanAt))
                .limit(limit)
                .map(job -> job.made.id())
                .toList());
  }

  @Override
  public Future<Void> markCleaned(JobId job) {
    return step(() -> jobs.get(job).markCleaned()).mapEmpty();
  }

  @Override
  public Future<Void> check() {
    return Future.succeededFuture();
  }
}
