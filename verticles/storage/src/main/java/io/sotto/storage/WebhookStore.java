package io.sotto.storage;

import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The outbox of webhooks. The transaction that ends a job which named a webhook writes its row,
 * once per job and event, whoever ends it; any scheduler takes rows out. {@code claim} is the
 * fencing token here: +1 on every claim, and only its holder settles. Part of {@link JobStore}.
 */
public interface WebhookStore {

  /** Where a delivery stands. Only {@code PENDING} ones are tried. */
  enum State {
    PENDING,
    DELIVERED,
    /** Given up: tries are used up, or none can help. */
    FAILED,
    /** The receiver answered that it is gone for good. */
    DISABLED;

    /** The name in JSON and in SQL. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A row to deliver now. {@code id} is the same over all tries; {@code tries} have been made of
   * the current schedule.
   */
  record Delivery(
      String id, JobId job, long tenantId, String type, int claim, int tries, Webhook webhook) {}

  /** What one try came to: a status, or the class of the error and its reason. */
  record Answer(
      @Nullable Integer status, @Nullable String error, @Nullable String reason, long ms) {}

  /** What follows from a try; {@code pause} before the next counts in {@code PENDING} only. */
  record Settlement(State state, Duration pause, Answer answer) {}

  record Try(int n, Instant at, Answer answer) {}

  /**
   * A delivery with its latest tries, the oldest first; {@code nextAt} is null when none follows.
   */
  record Entry(
      String id, String type, State state, int tries, @Nullable Instant nextAt, List<Try> log) {
    public Entry {
      log = List.copyOf(log);
    }
  }

  /**
   * Takes up to {@code limit} rows that are due, to hosts that are not {@code busy}; nobody else
   * gets them for {@code lease}. Nothing if {@code scheduler}'s lease ran out.
   */
  Future<List<Delivery>> claim(
      NodeId scheduler, int limit, Collection<String> busy, Duration lease);

  /** Records a try; false when the claim is not current, which changes nothing. */
  Future<Boolean> settle(Delivery delivery, Settlement settlement);

  /** Gives a claimed row back untried. */
  Future<Void> release(Delivery delivery, Duration pause);

  /** The events of a job, none before it has ended or when it named no webhook. */
  Future<List<Entry>> log(long tenantId, JobId job);

  /** A delivery of a tenant's, of whichever job; its entry comes without the tries. */
  record Sent(JobId job, Entry entry) {}

  /**
   * A tenant's deliveries over all jobs, of those that ended last first, at most {@code limit}; in
   * {@code state} alone, or in any where that is null.
   */
  Future<List<Sent>> recent(long tenantId, @Nullable State state, int limit);

  /** Makes the events of a job due now, their schedules from the start; how many there are. */
  Future<Integer> replay(long tenantId, JobId job);

  /** Makes one event due now, as {@link #replay(long, JobId)}; its job, if it is the tenant's. */
  Future<Optional<JobId>> replay(long tenantId, String id);
}
