package io.sotto.storage;

import io.sotto.protocol.JobId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What has been kept for as long as it may be. Times are compared by the database's clock, from a
 * job's end; a job that has not ended is never meant. Each step is one transaction, its entry in
 * the audit log is part of it, and repeating a step changes nothing.
 */
public interface RetentionStore {
  /** What stays for good is kept for a hundred years, so that no comparison needs to know of it. */
  Duration ALWAYS = Duration.ofDays(36_500);

  /**
   * How long things are kept of tenants whose rows do not say otherwise.
   *
   * @param audio an upload, where uploads are kept at all
   * @param transcripts a job with all that belongs to it
   * @param webhooks how much longer a job stays whose end is still to be delivered
   */
  record Usual(Duration audio, Duration transcripts, Duration webhooks) {
    public static final Usual ALL = new Usual(ALWAYS, ALWAYS, Duration.ofDays(7));
  }

  /** In whose name the audit log is written; {@link #NONE} where there is none. */
  record Witness(@Nullable String node) {
    public static final Witness NONE = new Witness(null);
  }

  /** Jobs whose time is over, those that ended first. */
  Future<List<JobId>> expired(Usual usual, int limit);

  /**
   * Deletes a job as its owner would ({@link HistoryStore#delete}) if its time is over still, and
   * says so in the audit log: how much it was, and SHA-256 of recording and results. Empty when
   * there was nothing to delete.
   */
  Future<Optional<Expired>> expire(JobId job, Usual usual, Witness witness);

  /**
   * What a job consisted of. {@code resultsSha256}: SHA-256 over the SHA-256 of each chunk's
   * result, in their order, as PostgreSQL writes its JSON.
   */
  record Expired(
      long tenant,
      int chunks,
      int results,
      int events,
      int tries,
      String audioSha256,
      String resultsSha256) {
    String detail() {
      return "chunks=%d results=%d events=%d tries=%d audio_sha256=%s results_sha256=%s"
          .formatted(chunks, results, events, tries, audioSha256, resultsSha256);
    }
  }

  /** Cleaned jobs whose upload is there still and whose audio's time is over. */
  Future<List<JobId>> worn(Usual usual, int limit);

  /** The upload of {@code job}, which stays, has been deleted. */
  Future<Void> uploadGone(JobId job, Witness witness);

  // ---- objects that no job needs

  /** Which objects of a job may be needed, now or later. */
  record Needs(boolean upload, boolean chunks) {}

  /** Of the jobs that there are, what they need; jobs that are not in it need nothing. */
  Future<Map<JobId, Needs>> needs(Collection<JobId> jobs);

  /**
   * Notes that objects were met that nobody needs; gives those that were met first {@code age} ago
   * or earlier, and in every pass since.
   */
  Future<List<String>> metOrphans(List<String> keys, Duration age);

  /** These are gone from the bucket. */
  Future<Void> orphansDeleted(List<String> keys, Witness witness);

  /**
   * A pass that began {@code ago} has seen the whole bucket: what was not met since is no orphan
   * any more.
   */
  Future<Void> passEnded(Duration ago);
}
