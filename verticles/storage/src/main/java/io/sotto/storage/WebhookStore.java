package io.sotto.storage;

import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
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
   * the current schedule. {@code endpoint} is the one that is told, null for the job's own webhook;
   * {@code job} is null of a test.
   */
  record Delivery(
      String id,
      @Nullable JobId job,
      long tenantId,
      String type,
      int claim,
      int tries,
      Webhook webhook,
      @Nullable UUID endpoint) {}

  /** What one try came to: a status, or the class of the error and its reason. */
  record Answer(
      @Nullable Integer status, @Nullable String error, @Nullable String reason, long ms) {}

  /** What follows from a try; {@code pause} before the next counts in {@code PENDING} only. */
  record Settlement(State state, Duration pause, Answer answer) {}

  record Try(int n, Instant at, Answer answer) {}

  /**
   * A delivery with its latest tries, the oldest first; {@code nextAt} is null when none follows,
   * {@code endpoint} where the job's own webhook was told.
   */
  record Entry(
      String id,
      String type,
      State state,
      int tries,
      @Nullable Instant nextAt,
      List<Try> log,
      @Nullable UUID endpoint) {
    public Entry {
      log = List.copyOf(log);
    }
  }

  /**
   * Takes up to {@code limit} rows that are due, to hosts and of tenants that are not {@code busy};
   * nobody else gets them for {@code lease}. Nothing if {@code scheduler}'s lease ran out. What is
   * due to an endpoint that is disabled or deleted becomes {@code DISABLED} instead.
   */
  Future<List<Delivery>> claim(NodeId scheduler, int limit, Busy busy, Duration lease);

  /** Who has as many deliveries in progress as may be. */
  record Busy(Set<String> hosts, Set<Long> tenants) {
    public static final Busy NOBODY = new Busy(Set.of(), Set.of());

    public Busy {
      hosts = Set.copyOf(hosts);
      tenants = Set.copyOf(tenants);
    }
  }

  /**
   * Records a try; false when the claim is not current, which changes nothing. An endpoint whose
   * delivery becomes {@code DISABLED} is disabled itself.
   */
  Future<Boolean> settle(Delivery delivery, Settlement settlement);

  /** Gives a claimed row back untried. */
  Future<Void> release(Delivery delivery, Duration pause);

  /** The events of a job, none before it has ended or when it named no webhook. */
  Future<List<Entry>> log(long tenantId, JobId job);

  /** A delivery of a tenant's, of whichever job; {@code job} is null of a test. */
  record Sent(@Nullable JobId job, Entry entry) {}

  /**
   * A tenant's deliveries over all jobs, of those that ended last first, at most {@code limit} and
   * without their tries; in {@code state} alone, or in any where that is null.
   */
  Future<List<Sent>> recent(long tenantId, @Nullable State state, int limit);

  /**
   * Makes the events of a job due now, their schedules from the start; how many there are. Those to
   * endpoints that are disabled or deleted stay as they are.
   */
  Future<Integer> replay(long tenantId, JobId job);

  /** Makes one event due now, as {@link #replay(long, JobId)}; its job, if it is the tenant's. */
  Future<Optional<JobId>> replay(long tenantId, String id);
}
