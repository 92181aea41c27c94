package io.sotto.storage;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.vertx.core.Future;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant had done: its jobs page by page, and their being deleted. A deleted job is unknown
 * to every reader at once; its row stays, without anything that was said or asked, until its audio
 * is gone too.
 */
public interface HistoryStore {
  /** Up to so many jobs the total of a list is exact. */
  int COUNTED_MAX = 10_000;

  /** The order of a list; jobs that are equal in it follow by id. */
  enum Sort {
    CREATED_AT,
    /** When a job last began or ended something: finished, else started, else created. */
    UPDATED_AT,
    /** The length of the recording; 0 until it is known. */
    DURATION
  }

  /** A job's place in an order: {@code key} is microseconds of the epoch, or milliseconds long. */
  record Place(long key, JobId id) {
    public static Place of(Sort sort, JobView job) {
      return new Place(
          switch (sort) {
            case CREATED_AT -> ChronoUnit.MICROS.between(Instant.EPOCH, job.createdAt());
            case UPDATED_AT -> ChronoUnit.MICROS.between(Instant.EPOCH, job.updatedAt());
            case DURATION -> job.audioMs() == null ? 0 : job.audioMs();
          },
          job.id());
    }
  }

  /**
   * Which jobs, in which order. {@code createdAfter} and {@code createdBefore} are exclusive;
   * {@code language} is the one asked for or detected. {@code skip} jobs are left out, of those
   * that follow {@code after}; a place is found at once, skipping takes the longer the more is
   * skipped.
   */
  record Query(
      @Nullable JobState state,
      @Nullable String language,
      @Nullable String model,
      @Nullable Instant createdAfter,
      @Nullable Instant createdBefore,
      Sort sort,
      boolean ascending,
      @Nullable Place after,
      int skip,
      int limit) {}

  /**
   * {@code total} counts what the query means beyond this page, up to {@link #COUNTED_MAX} + 1,
   * which says: more than that. {@code next} is where the following page begins, null at the end.
   */
  record Page(List<JobView> jobs, int total, @Nullable Place next) {
    public Page {
      jobs = List.copyOf(jobs);
    }

    /** {@code found}: one job more than the page may have says that another follows. */
    public static Page of(Query query, List<JobView> found, int total) {
      boolean more = found.size() > query.limit();
      List<JobView> shown = more ? found.subList(0, query.limit()) : found;
      return new Page(shown, total, more ? Place.of(query.sort(), shown.getLast()) : null);
    }
  }

  Future<Page> list(long tenantId, Query query);

  /** When a job was deleted; {@code open}: it had not ended, and is cancelled. */
  record Deleted(Instant at, boolean open) {}

  /**
   * Deletes a job: cancels it unless it has ended, and removes its text, chunks, options, names and
   * webhook in the same transaction. Nothing of it is announced any more, and its idempotency key
   * is free. Copies of its result that other jobs were answered with stay. Empty when there is no
   * such job.
   */
  Future<Optional<Deleted>> delete(long tenantId, JobId job);

  /**
   * Deleted jobs whose audio may still be in the store, oldest first; {@link #forget(JobId)} takes
   * them off this list. One that was deleted while it was prepared comes back once, when the lease
   * of its preparation is over.
   */
  Future<List<JobId>> deleted(int limit);

  /** As {@link #forget(JobId, int, RetentionStore.Witness)}, and nobody writes it down. */
  default Future<Boolean> forget(JobId job) {
    return forget(job, 0, RetentionStore.Witness.NONE);
  }

  /**
   * Removes the last trace of a deleted job, its audio being gone: {@code chunks} of its objects
   * were deleted in the last round. False when there is no such job, or it will come back.
   */
  Future<Boolean> forget(JobId job, int chunks, RetentionStore.Witness witness);
}
