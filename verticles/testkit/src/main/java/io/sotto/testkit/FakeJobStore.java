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
import io.sotto.storage.AuditAction;
import io.sotto.storage.Backlog;
import io.sotto.storage.EndpointStore;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.RetentionStore;
import io.sotto.storage.Tenant;
import io.sotto.testkit.FakeJobs.Chunk;
import io.sotto.testkit.FakeJobs.Job;
import io.sotto.testkit.FakeSweeps.Lost;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A {@link JobStore} in memory, one step at a time: held to the same contract as the real one. */
public final class FakeJobStore implements JobStore {
  private static final int FAILS_MAX = 5;
  static final int DEATHS_MAX = 3;
  private static final int SUSPECT_DEATHS = 2;
  private static final long REST_NANOS = 50_000_000L;
  private static final Set<FailureCode> EXCUSED =
      Set.of(FailureCode.DRAINING, FailureCode.STORE_DOWN, FailureCode.AUDIO_CORRUPT);

  private final LongSupplier nanos;
  private final StoreGuards guards;
  private final FakeSweeps sweeps = new FakeSweeps(this);
  private final Map<JobId, Job> jobs = new TreeMap<>();
  private final FakeTenants tenants = new FakeTenants();
  private final Map<NodeId, Long> leases = new HashMap<>();
  private final Map<String, Duty> duties = new HashMap<>();
  private final FakeWebhooks webhooks = new FakeWebhooks(this, this::lives);
  private final FakeRetention retention = new FakeRetention(this);

  private record Duty(NodeId node, long until) {}

  public FakeJobStore() {
    this(System::nanoTime, new StoreGuards());
  }

  /** Leases, deadlines and rests run by {@code nanos}, a monotonic clock. */
  public FakeJobStore(LongSupplier nanos, StoreGuards guards) {
    this.nanos = nanos;
    this.guards = guards;
  }

  synchronized <T> Future<T> step(Supplier<T> work) {
    T result = work.get();
    jobs.values().forEach(webhooks::moved);
    return Future.succeededFuture(result);
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

  /** Whether {@code node} has renewed its lease lately: it runs for more than {@code least} yet. */
  synchronized boolean fresh(@Nullable NodeId node, Duration least) {
    Long until = leases.get(node);
    return until != null && until - at(least) > 0;
  }

  /** Whether the register has {@code node}, its lease run out: it did not leave, it went. */
  public synchronized boolean gone(@Nullable NodeId node) {
    return leases.containsKey(node) && !lives(node);
  }

  @Override
  public synchronized Future<Inserted> insert(NewJob job, Admission limits) {
    Optional<Job> met = jobs.values().stream().filter(other -> same(other.made, job)).findFirst();
    if (met.isPresent()) {
      NewJob first = met.get().made;
      boolean same = first.requestHash().equals(job.requestHash());
      return Future.succeededFuture(new Inserted(first.id(), false, same));
    }
    Optional<Job> equal = reusable(job);
    if (equal.isPresent()) {
      Job copy = Job.reusing(equal.get(), job, nanos.getAsLong());
      jobs.put(job.id(), copy);
      webhooks.moved(copy);
      return Future.succeededFuture(new Inserted(job.id(), true, true));
    }
    if (open().filter(o -> o.made.tenantId() == job.tenantId()).count() >= limits.tenantJobsMax()) {
      return Future.failedFuture(limits.tenantFull());
    }
    if (open().count() >= limits.jobsMax()) {
      return Future.failedFuture(limits.allFull());
    }
    jobs.put(job.id(), new Job(job, nanos.getAsLong()));
    return Future.succeededFuture(new Inserted(job.id(), true, true));
  }

  @Override
  public Future<Boolean> knows(long tenantId, String idempotencyKey) {
    return step(
        () ->
            jobs.values().stream()
                .filter(job -> job.made.tenantId() == tenantId)
                .anyMatch(job -> idempotencyKey.equals(job.made.idempotencyKey())));
  }

  private Stream<Job> open() {
    return jobs.values().stream().filter(job -> !job.state.terminal());
  }

  @Override
  public Future<Void> putTenant(Tenant tenant) {
    return step(() -> tenants.row(tenant.id()).is = tenant).mapEmpty();
  }

  Tenant tenant(Job job) {
    return tenants.row(job.made.tenantId()).is;
  }

  @Override
  public Future<List<OpenJob>> openJobs(int limit) {
    return step(
        () ->
            open()
                .limit(limit)
                .map(
                    job -> {
                      long tenant = job.made.tenantId();
                      double weight = tenants.row(tenant).is.weight();
                      return new OpenJob(job.made.id(), tenant, weight, job.leftMs());
                    })
                .toList());
  }

  private Optional<Job> reusable(NewJob asked) {
    return jobs.values().stream()
        .filter(job -> job.state == JobState.COMPLETED && job.reused == null)
        .filter(job -> job.made.options().model().equals(asked.options().model()))
        .filter(job -> !job.chunks.isEmpty())
        .max(Comparator.comparing((Job job) -> Objects.requireNonNull(job.finished)))
        .map(newest -> newest.chunks.values().iterator().next().digest())
        .filter(digest -> asked.dedupe())
        .flatMap(
            digest ->
                jobs.values().stream()
                    .filter(job -> job.answers(asked, digest))
                    .max(Comparator.comparing((Job job) -> Objects.requireNonNull(job.finished))));
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
                .filter(found -> found.made.tenantId() == tenantId && found.deleted == null)
                .map(Job::view));
  }

  @Override
  public Future<Optional<JobView>> find(JobId job) {
    return step(
        () ->
            Optional.ofNullable(jobs.get(job))
                .filter(found -> found.deleted == null)
                .map(Job::view));
  }

  @Override
  public Future<List<ChunkResult>> results(JobId job) {
    return step(
        () ->
            Stream.ofNullable(jobs.get(job))
                .flatMap(found -> found.chunks.values().stream())
                .map(chunk -> chunk.result)
                .filter(Objects::nonNull)
                .toList());
  }

  @Override
  public Future<List<ChunkResult>> results(JobId job, int fromSeq, int limit) {
    return step(
        () ->
            IntStream.range(fromSeq, fromSeq + limit)
                .mapToObj(jobs.get(job).chunks::get)
                .takeWhile(chunk -> chunk != null && chunk.result != null)
                .map(chunk -> chunk.result)
                .toList());
  }

  @Override
  public Future<Page> list(long tenantId, Query query) {
    return step(() -> FakeHistory.list(jobs.values(), tenantId, query));
  }

  @Override
  public Future<Optional<Deleted>> delete(long tenantId, JobId id) {
    return step(
        () -> {
          Job job = jobs.get(id);
          if (job == null || job.made.tenantId() != tenantId || job.deleted != null) {
            return Optional.empty();
          }
          Deleted deleted = new Deleted(Instant.now(), !job.state.terminal());
          delete(job, deleted.at());
          return Optional.of(deleted);
        });
  }

  void delete(Job job, Instant at) {
    job.delete(at, nanos.getAsLong());
    webhooks.forget(row -> job.made.id().equals(row.job));
  }

  @Override
  public Future<List<JobId>> deleted(int limit) {
    return step(
        () ->
            jobs.values().stream()
                .filter(job -> job.deleted != null && passed(job.cleanAt))
                .limit(limit)
                .map(job -> job.made.id())
                .toList());
  }

  @Override
  public Future<Boolean> forget(JobId id, int chunks, RetentionStore.Witness witness) {
    return step(
        () -> {
          Job job = jobs.get(id);
          boolean gone =
              job != null && job.deleted != null && job.forgotten() && jobs.remove(id) != null;
          if (gone) {
            retention.note(witness, AuditAction.JOB_ERASED, job, id, "chunks=" + chunks);
          }
          return gone;
        });
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
  public FakeWebhooks webhooks() {
    return webhooks;
  }

  @Override
  public EndpointStore endpoints() {
    return webhooks.endpoints();
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
          Job job = limit > 0 ? nextUpload(scheduler) : null;
          while (job != null) {
            claimed.add(prepare(job, scheduler, lease));
            job = claimed.size() < limit ? nextUpload(scheduler) : null;
          }
          return claimed;
        });
  }

  private @Nullable Job nextUpload(NodeId scheduler) {
    Map<Long, Job> first = new HashMap<>();
    for (Job job : guards.claims(lives(scheduler)) ? jobs.values() : List.<Job>of()) {
      if (job.state == JobState.ACCEPTED && passed(job.runAt)) {
        first.merge(job.made.tenantId(), job, (a, b) -> b.prepareAt - a.prepareAt < 0 ? b : a);
      }
    }
    return tenants.nextUpload(first, FakeTenants::cost);
  }

  private Preparation prepare(Job job, NodeId scheduler, Duration lease) {
    job.move(JobState.PREPARING);
    job.attempt++;
    job.owner = scheduler;
    job.ingest = null;
    job.deadline = at(lease);
    job.started = Instant.now();
    return new Preparation(
        job.made.id(),
        job.attempt,
        job.made.audio().key(),
        job.made.audio().bytes(),
        job.made.audio().sha256(),
        job.made.trail(),
        0);
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
          job.vtime = Math.max(job.vtime, tenants.row(job.made.tenantId()).passed);
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
      Chunk made = new Chunk(chunk, state, nanos.getAsLong());
      made.vtime = job.vtime;
      job.vtime += FakeTenants.cost(made);
      job.chunks.put(chunk.seq(), made);
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
          if (EXCUSED.contains(report.code())) {
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
          boolean open = guards.othersFor(leasedTo(worker).anyMatch(FakeJobStore::suspect));
          Turn turn = limit > 0 && open ? nextChunk(scheduler, models) : null;
          while (turn != null) {
            tenants.row(turn.job.made.tenantId()).took(turn.chunk);
            claimed.add(lease(turn.job, turn.chunk, scheduler, worker, deadline));
            turn = claimed.size() < limit ? nextChunk(scheduler, models) : null;
          }
          return claimed;
        });
  }

  private record Turn(Job job, Chunk chunk) {}

  private @Nullable Turn nextChunk(NodeId scheduler, Collection<String> models) {
    Map<Long, Turn> first = new HashMap<>();
    Map<Long, Integer> leased = new HashMap<>();
    for (Job job : guards.claims(lives(scheduler)) ? jobs.values() : List.<Job>of()) {
      long tenant = job.made.tenantId();
      for (Chunk chunk : job.chunks.values()) {
        if (chunk.state == ChunkState.LEASED) {
          leased.merge(tenant, 1, Integer::sum);
        } else if (chunk.state == ChunkState.READY
            && passed(chunk.runAt)
            && guards.amongOthers(suspect(chunk))
            && models.contains(job.made.options().model())) {
          Turn turn = new Turn(job, chunk);
          first.merge(tenant, turn, (a, b) -> b.chunk.vtime < a.chunk.vtime ? b : a);
        }
      }
    }
    first.keySet().removeIf(tenant -> full(tenant, leased.getOrDefault(tenant, 0)));
    return tenants.nextChunk(first, turn -> FakeTenants.cost(turn.chunk));
  }

  private static boolean suspect(Chunk chunk) {
    return chunk.deaths >= SUSPECT_DEATHS;
  }

  /** The suspects that are ready, longest waiting first. */
  private Stream<Turn> suspects() {
    return jobs.values().stream()
        .flatMap(job -> job.chunks.values().stream().map(chunk -> new Turn(job, chunk)))
        .filter(turn -> turn.chunk.state == ChunkState.READY && suspect(turn.chunk))
        .filter(turn -> passed(turn.chunk.runAt))
        .sorted(Comparator.comparingLong(turn -> turn.chunk.runAt));
  }

  @Override
  public Future<List<Suspect>> suspects(int limit) {
    return step(
        () ->
            suspects()
                .limit(limit)
                .map(
                    turn -> {
                      long waited = nanos.getAsLong() - turn.chunk.runAt;
                      String model = turn.job.made.options().model();
                      return new Suspect(model, Duration.ofNanos(waited));
                    })
                .toList());
  }

  @Override
  public Future<Optional<Lease>> claimSuspect(
      NodeId scheduler, NodeId worker, Collection<String> models, Duration deadline) {
    return step(
        () ->
            suspects()
                .filter(turn -> guards.claims(lives(scheduler)))
                .filter(turn -> models.contains(turn.job.made.options().model()))
                .filter(turn -> guards.suspectFor(leasedTo(worker).findAny().isPresent()))
                .findFirst()
                .map(turn -> lease(turn.job, turn.chunk, scheduler, worker, deadline)));
  }

  private Stream<Chunk> leasedTo(NodeId worker) {
    return jobs.values().stream()
        .flatMap(job -> job.chunks.values().stream())
        .filter(chunk -> chunk.state == ChunkState.LEASED && worker.equals(chunk.worker));
  }

  private boolean full(long tenant, int leased) {
    Integer most = tenants.row(tenant).is.leasesMax();
    return most != null && leased >= most;
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
        job.language == null ? asked : asked.withLanguage(job.language),
        job.made.trail(),
        0);
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
      releaseHeld(job);
    }
    if (job.state == JobState.RUNNING && Objects.equals(job.total, job.done)) {
      job.end(JobState.COMPLETED, null, null);
    }
  }

  /** What waited for its language has saved nothing up meanwhile. */
  private void releaseHeld(Job job) {
    List<Chunk> held =
        job.chunks.values().stream().filter(chunk -> chunk.state == ChunkState.HELD).toList();
    if (!held.isEmpty()) {
      long passed = tenants.row(job.made.tenantId()).passed;
      long late = Math.max(0, passed - held.getFirst().vtime);
      job.vtime += late;
      held.forEach(
          chunk -> {
            chunk.vtime += late;
            chunk.move(ChunkState.READY);
          });
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
          if (!report.charged() || EXCUSED.contains(report.code())) {
            giveBack(chunk, report.charged() ? REST_NANOS : 0);
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
  public Future<Optional<NodeId>> leader(String duty) {
    return step(
        () ->
            Optional.ofNullable(duties.get(duty))
                .filter(held -> !passed(held.until))
                .map(Duty::node));
  }

  @Override
  public Future<Swept> sweep(int limit) {
    return step(() -> sweeps.giveBack(sweeps.overdue()));
  }

  @Override
  public Future<Swept> releaseWork(NodeId scheduler, Collection<NodeId> lost, Duration fresh) {
    return step(() -> sweeps.giveBack(sweeps.heldBy(scheduler, lost, fresh)));
  }

  /** The first half of {@link #sweep}: what is overdue, read without a lock. */
  public Future<List<Lost>> findOverdue() {
    return step(sweeps::overdue);
  }

  /** The first half of {@link #releaseWork}: what {@code lost} nodes hold, read without a lock. */
  public Future<List<Lost>> findWork(NodeId scheduler, Collection<NodeId> lost, Duration fresh) {
    return step(() -> sweeps.heldBy(scheduler, lost, fresh));
  }

  /** The second half of both: gives back what still is as it was found. */
  public Future<Swept> giveBack(Collection<Lost> found) {
    return step(() -> sweeps.giveBack(found));
  }

  @Override
  public Future<List<JobId>> uncleaned(int limit, Duration grace) {
    return step(
        () ->
            jobs.values().stream()
                .filter(job -> job.state.terminal() && !job.cleaned && job.deleted == null)
                .filter(job -> passed(job.cleanAt))
                .filter(job -> endedBefore(job.finished, Instant.now().minus(grace)))
                .limit(limit)
                .map(job -> job.made.id())
                .toList());
  }

  static boolean endedBefore(@Nullable Instant finished, Instant then) {
    return finished == null || !finished.isAfter(then);
  }

  @Override
  public Future<Void> markCleaned(JobId job, boolean uploadKept) {
    return step(() -> jobs.get(job).markCleaned(uploadKept)).mapEmpty();
  }

  @Override
  public FakeRetention retention() {
    return retention;
  }

  @Override
  public synchronized Future<Backlog> backlog() {
    return Future.succeededFuture(
        FakeBacklog.of(jobs.values(), nanos.getAsLong(), webhooks.pending()));
  }

  @Override
  public Future<Void> check() {
    return Future.succeededFuture();
  }
}
