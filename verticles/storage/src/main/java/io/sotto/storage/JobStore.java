package io.sotto.storage;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.Span;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscriptionOptions;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Jobs and chunks in PostgreSQL, the only arbiter. Every comparison of times is made by the
 * database's clock; every step that moves a job or a chunk is one transaction, job row locked
 * first. {@code attempt} is the fencing token: +1 on every claim, never lowered, and whoever comes
 * with an older one changes nothing. A lost connection leaves a commit unknown: the step may be
 * repeated, since each of them is idempotent. Failures arrive as {@code SottoException} with {@code
 * STORE_DOWN}.
 */
public interface JobStore extends TenantStore, HistoryStore {

  // ---- http
  // ----------------------------------------------------------------------------------------------------------

  /**
   * Inserts {@code job} in state {@code accepted}, once per tenant and idempotency key: a second
   * insert under the same key gives the first job back, and {@link Inserted#sameRequest} tells
   * whether it asked for the same thing. With {@link NewJob#dedupe} the job is {@code completed} at
   * once where the tenant has a completed job of the same recording and options, made by the model
   * as it is now: it gets a copy of that one's results.
   */
  default Future<Inserted> insert(NewJob job) {
    return insert(job, Admission.UNLIMITED);
  }

  /**
   * As {@link #insert(NewJob)}; fails with {@code RATE_LIMIT_EXCEEDED} or {@code OVERLOADED} where
   * a limit is reached, unless the job is there already.
   */
  Future<Inserted> insert(NewJob job, Admission limits);

  record Inserted(JobId id, boolean created, boolean sameRequest) {}

  Future<Optional<JobView>> find(long tenantId, JobId job);

  /** Whether the tenant has a job that came with {@code idempotencyKey}. */
  Future<Boolean> knows(long tenantId, String idempotencyKey);

  /** The job, whosever it is: for those who tell of it, not for those who ask. */
  Future<Optional<JobView>> find(JobId job);

  /** The chunks of a job that are done, in the order of the recording. */
  Future<List<ChunkResult>> results(JobId job);

  /**
   * Of the done chunks those from {@code fromSeq} to the first that is not done yet, at most {@code
   * limit}: what a reader that has everything before {@code fromSeq} can go on with.
   */
  Future<List<ChunkResult>> results(JobId job, int fromSeq, int limit);

  /** A done chunk: which node made it, in which attempt, and what it says. */
  record ChunkResult(int seq, int attempt, Span span, NodeId node, ChunkTranscript transcript) {}

  /**
   * Moves a job that is not terminal to {@code cancelled}, its chunks with it; false when there was
   * nothing to cancel.
   */
  Future<Boolean> cancel(long tenantId, JobId job);

  /** What is told to receivers outside, and was. */
  WebhookStore webhooks();

  /** The receivers that tenants registered. */
  EndpointStore endpoints();

  // ---- node leases
  // ---------------------------------------------------------------------------------------------------

  /** Enters this incarnation in the register of nodes, its lease running for {@code ttl}. */
  Future<Void> register(NodeId node, String roles, String version, Duration ttl);

  /**
   * Extends a lease that has not run out; false means that this incarnation is dead and must not
   * claim again.
   */
  Future<Boolean> renew(NodeId node, Duration ttl);

  /** Removes the node from the register, as its last act. */
  Future<Void> deregister(NodeId node);

  // ---- preparing
  // -----------------------------------------------------------------------------------------------------

  /**
   * Takes up to {@code limit} jobs in {@code accepted} whose time has come: {@code preparing},
   * attempt + 1. Tenants take turns by the bytes they have had, smaller uploads somewhat earlier.
   */
  Future<List<Preparation>> claimPreparations(NodeId scheduler, int limit, Duration lease);

  /** {@code waitedMs} is since it could have been claimed. */
  record Preparation(
      JobId job,
      int attempt,
      AudioKey source,
      long sourceBytes,
      String sourceSha256,
      Trail trail,
      long waitedMs) {}

  /** Records which node prepares, so that its death gives the job back. */
  Future<Boolean> assignPreparation(JobId job, int attempt, NodeId ingest);

  /**
   * Inserts reported chunks under the token of the preparing attempt and extends its lease; chunks
   * that an earlier attempt stored are met, not doubled. A report with an end moves the job to
   * {@code running}, or to {@code completed} when every chunk (or none) is done.
   */
  Future<Commit> recordChunks(ChunksPrepared report, Duration lease);

  /**
   * Ends the job, or gives it back for another attempt while the code is retryable and the budget
   * lasts. An audio store that does not answer, or gives what was not stored, is charged only when
   * it goes on for long.
   */
  Future<Commit> failPreparation(PreparationFailed report);

  /** Gives a claimed preparation back without charge (no ingest node took it). */
  Future<Void> releasePreparation(JobId job, int attempt, Duration delay);

  // ---- transcribing
  // --------------------------------------------------------------------------------------------------

  /**
   * Takes up to {@code limit} ready chunks for {@code worker}: {@code leased}, attempt + 1. Nothing
   * if {@code scheduler}'s lease ran out. Tenants take turns by the audio they have had, and so do
   * the jobs of one; no tenant is given more than it may have out. Suspects are left out: chunks
   * that so many nodes died over that one more would end them; and a worker that has one gets
   * nothing else.
   */
  Future<List<Lease>> claimChunks(
      NodeId scheduler, NodeId worker, Collection<String> models, int limit, Duration deadline);

  /** The suspects that are ready, at most {@code limit}, longest waiting first. */
  Future<List<Suspect>> suspects(int limit);

  /** A chunk that is to be worked on alone, and for how long it could have been. */
  record Suspect(String model, Duration waited) {}

  /**
   * Takes one suspect for {@code worker}, as {@link #claimChunks} takes others, but in nobody's
   * turn and whatever its tenant has out. Nothing while anything is leased to that worker.
   */
  Future<Optional<Lease>> claimSuspect(
      NodeId scheduler, NodeId worker, Collection<String> models, Duration deadline);

  /** {@code waitedMs} is since it could have been claimed. */
  record Lease(
      ChunkId chunk,
      int attempt,
      Span span,
      AudioKey key,
      String sha256,
      TranscriptionOptions options,
      Trail trail,
      long waitedMs) {}

  /**
   * Stores a result while its attempt is current; the last chunk completes its job in the same
   * transaction.
   */
  Future<Commit> commit(ChunkTranscribed report);

  /**
   * Charges a failure to the chunk: {@code ready} again after a backoff, or {@code dead} and the
   * job {@code failed}. Uncharged: ready at once. An audio store that does not answer, or gives
   * what was not stored, is charged only when it goes on for long.
   */
  Future<Commit> fail(ChunkFailed report);

  /**
   * What became of a report. {@code accepted} is false when the attempt was not current (the report
   * is refused for good). {@code state} is the job's state after it, null when there is no such
   * job.
   */
  record Commit(boolean accepted, @Nullable JobState state) {
    public boolean finished() {
      return accepted && state != null && state.terminal();
    }
  }

  // ---- sweeping
  // ------------------------------------------------------------------------------------------------------

  /** Takes or keeps the lease of a cluster-wide duty; true while {@code node} holds it. */
  Future<Boolean> lead(String duty, NodeId node, Duration ttl);

  /** Who holds the lease of a duty, if anybody does. */
  Future<Optional<NodeId>> leader(String duty);

  /**
   * Gives back what is overdue: chunks and preparations past their deadline, or whose scheduler's
   * lease ran out. A chunk whose deadline passed is charged a death; after three of them it is dead
   * and its job failed.
   */
  Future<Swept> sweep(int limit);

  /**
   * Gives back at once what {@code lost} nodes were working on, charging a death. What another
   * scheduler leased is left to it while it lives: it may hear the node that {@code scheduler} does
   * not. It lives when its lease runs for more than {@code fresh} yet, so that it was renewed since
   * the node fell silent.
   */
  Future<Swept> releaseWork(NodeId scheduler, Collection<NodeId> lost, Duration fresh);

  /**
   * Jobs that ended in a sweep, how many pieces of work became ready again, and how many were left
   * to schedulers that live.
   */
  record Swept(int released, List<JobId> failed, int left) {
    public Swept {
      failed = List.copyOf(failed);
    }
  }

  /**
   * Jobs that ended {@code grace} ago or earlier, whose objects may still be in the store, oldest
   * first; {@link #markCleaned} takes them off this list. One that ended while it was prepared
   * comes back once, when the lease of its preparation is over, for the chunks that were stored
   * after the first cleaning.
   */
  Future<List<JobId>> uncleaned(int limit, Duration grace);

  /** {@code uploadKept}: only the chunks were deleted, and {@link #retention} takes the upload. */
  Future<Void> markCleaned(JobId job, boolean uploadKept);

  /** What was kept for as long as it may be. */
  RetentionStore retention();

  /** What waits and what is under way in the whole cluster now. */
  Future<Backlog> backlog();

  /** Whether the database answers. */
  Future<Void> check();
}
