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
import io.sotto.testkit.FakeSweeps.Lost;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A {@link JobStore} in memory, one step at a time: held to the same contract as the real one. */
public final class FakeJobStore implements JobStore {
  private static final int FAILS_MAX = 5;
  private static final int DEATHS_MAX = 3;
  private static final long REST_NANOS = 50_000_000L;

  private final LongSupplier nanos;
  private final StoreGuards guards;
  private final FakeSweeps sweeps = new FakeSweeps(this);
  private final Map<JobId, Job> jobs = new TreeMap<>();
  private final Map<NodeId, Long> leases = new HashMap<>();
  private final Map<String, Duty> duties = new HashMap<>();

  private record Duty(NodeId node, long until) {}

  public FakeJobStore() {
    this(System::nanoTime, new StoreGuards());
  }

  /** Leases, deadlines and rests run by {@code nanos}, a monotonic clock. */
  public FakeJobStore(LongSupplier nanos, StoreGuards guards) {
    this.nanos = nanos;
    this.guards = guards;
  }

  private synchronized <T> Future<T> step(Supplier<T> work) {
    return Future.succeededFuture(work.get());
  }

  private long at(Duration later) {
    return nanos.getAsLong() + later.toNanos();
  }

  boolean passed(long time) {
    return nanos.getAsLong() - time >= 0;
  }

  StoreGuards guards() {
    return guards;
  }

  Collection<Job> jobs() {
    return jobs.values();
  }

  @Nullable Job job(JobId id) {
    return jobs.get(id);
  }

  /** Every row as it is now, for those who check what must hold of all of them. */
  public synchronized List<JobRow> rows() {
    return jobs.values().stream().map(Job::row).toList();
  }

  /** Whether the register of nodes has {@code node}, its lease not run out. */
  public synchronized boolean lives(@Nullable NodeId node) {
    Long until = leases.get(node);
    return until != null && !passed(until);
  }

  /** Whether the register has {@code node}, its lease run out: it did not leave, it went. */
  public synchronized boolean gone(@Nullable NodeId node) {
    return leases.containsKey(node) && !lives(node);
  }

  @Override
  public Future<Inserted> insert(NewJob job) {
    return step(
        () -> {
          Optional<Job> met =
              jobs.values().stream().filter(other -> same(other.made, job)).findFirst();
          if (met.isEmpty()) {
            jobs.put(job.id(), new Job(job, nanos.getAsLong()));
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
          job.end(JobState.CANCELLED, null, null, guards.cancelsChunks());
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
          for (Job job : guards.claims(lives(scheduler)) ? jobs.values() : List.<Job>of()) {
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
                      job.made.audio().bytes()));
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

  private void record(Job job, PreparedChunk chunk) {
    Chunk met = job.chunks.get(chunk.seq());
    if (met == null) {
      ChunkState state =
          job.language == null && chunk.seq() > 0 ? ChunkState.HELD : ChunkState.READY;
      job.chunks.put(chunk.seq(), new Chunk(chunk, state, nanos.getAsLong()));
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
            boolean again =
                known != null
                    && known.attempt == report.attempt()
                    && known.charged == report.attempt();
            return new Commit(again, known == null ? null : known.state);
          }
          if (report.code() == FailureCode.DRAINING) {
            job.charged = job.attempt;
            job.move(JobState.ACCEPTED);
            return new Commit(true, job.state);
          }
          job.fails++;
          return chargePreparation(job, report.code(), report.reason());
        });
  }

  Commit chargePreparation(Job job, FailureCode code, String reason) {
    job.charged = job.attempt;
    if (!code.retryable() || job.fails >= FAILS_MAX || job.deaths >= DEATHS_MAX) {
      job.end(JobState.FAILED, code, reason);
    } else {
      job.move(JobState.ACCEPTED);
      job.runAt = nanos.getAsLong() + REST_NANOS;
    }
    return new Commit(true, job.state);
  }

  @Override
  public Future<List<Lease>> claimChunks(
      NodeId scheduler, NodeId worker, Collection<String> models, int limit, Duration deadline) {
    return step(
        () -> {
          List<Lease> claimed = new ArrayList<>();
          for (Job job : guards.claims(lives(scheduler)) ? jobs.values() : List.<Job>of()) {
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

  private Lease lease(Job job, Chunk chunk, NodeId scheduler, NodeId worker, Duration deadline) {
    chunk.move(ChunkState.LEASED);
    chunk.attempt = guards.claimed(chunk.attempt);
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
          if (job == null || chunk == null) {
            return new Commit(false, job == null ? null : job.state);
          }
          if (!guards.finishes(chunk.state, chunk.attempt, report.attempt())) {
            return new Commit(again(job, chunk, report.attempt()), job.state);
          }
          finish(job, chunk, report);
          return new Commit(true, job.state);
        });
  }

  /** The same result come again, while its job did not end badly. */
  private boolean again(Job job, Chunk chunk, int reported) {
    boolean again =
        chunk.state == ChunkState.DONE
            && chunk.attempt == reported
            && (!job.state.terminal() || job.state == JobState.COMPLETED);
    job.done += again && guards.countsAgain() ? 1 : 0;
    return again;
  }

  private void finish(Job job, Chunk chunk, ChunkTranscribed report) {
    chunk.move(ChunkState.DONE);
    chunk.result =
        new ChunkResult(
            chunk.seq,
            guards.resultAttempt(chunk.attempt, report.attempt()),
            chunk.span,
            report.node(),
            report.transcript());
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
              || !guards.fails(chunk.state, chunk.attempt, report.attempt())) {
            return new Commit(false, job == null ? null : job.state);
          }
          if (chunk.charged == report.attempt()) {
            return new Commit(true, job.state);
          }
          if (!report.charged()) {
            giveBack(chunk, 0);
            return new Commit(true, job.state);
          }
          chunk.fails += guards.charges() ? 1 : 0;
          return charge(job, chunk, report.code(), report.reason());
        });
  }

  Commit charge(Job job, Chunk chunk, FailureCode code, String reason) {
    chunk.charged = chunk.attempt;
    if (code.retryable() && chunk.fails < FAILS_MAX && chunk.deaths < DEATHS_MAX) {
      giveBack(chunk, chunk.deaths == 1 && chunk.fails == 0 ? 0 : REST_NANOS);
    } else {
      chunk.move(ChunkState.DEAD);
      job.end(JobState.FAILED, code, "chunk " + chunk.seq + ": " + reason);
    }
    return new Commit(true, job.state);
  }

  void giveBack(Chunk chunk, long restNanos) {
    chunk.state = ChunkState.READY;
    chunk.attempt = guards.handedBack(chunk.attempt);
    chunk.owner = null;
    chunk.runAt = nanos.getAsLong() + restNanos;
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
    return step(() -> sweeps.giveBack(sweeps.overdue()));
  }

  @Override
  public Future<Swept> releaseWork(Collection<NodeId> lost) {
    return step(() -> sweeps.giveBack(sweeps.heldBy(lost)));
  }

  /** The first half of {@link #sweep}: what is overdue, read without a lock. */
  public Future<List<Lost>> findOverdue() {
    return step(sweeps::overdue);
  }

  /** The first half of {@link #releaseWork}: what {@code lost} nodes hold, read without a lock. */
  public Future<List<Lost>> findWork(Collection<NodeId> lost) {
    return step(() -> sweeps.heldBy(lost));
  }

  /** The second half of both: gives back what still is as it was found. */
  public Future<Swept> giveBack(Collection<Lost> found) {
    return step(() -> sweeps.giveBack(found));
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
