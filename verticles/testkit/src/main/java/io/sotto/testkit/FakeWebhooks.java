package io.sotto.testkit;

import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookStore;
import io.sotto.testkit.FakeJobs.Job;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The outbox in memory, under the lock of its job store, with a clock that a test may move. */
public final class FakeWebhooks implements WebhookStore {
  private final Object lock;
  private final Predicate<@Nullable NodeId> lives;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private Duration ahead = Duration.ZERO;

  FakeWebhooks(Object lock, Predicate<@Nullable NodeId> lives) {
    this.lock = lock;
    this.lives = lives;
  }

  long pending() {
    return rows.values().stream().filter(row -> row.state == State.PENDING).count();
  }

  /** Whether an event of {@code job} is still to be delivered. */
  boolean pending(JobId job) {
    return rows.values().stream()
        .anyMatch(row -> row.state == State.PENDING && row.job.made.id().equals(job));
  }

  private static final class Row {
    final String id;
    final String type;
    final Job job;
    final Webhook webhook;
    final List<Try> log = new ArrayList<>();
    State state = State.PENDING;
    int claim;
    int tries;
    Instant leasedUntil = Instant.MIN;
    Instant nextAt;

    Row(String id, String type, Job job, Webhook webhook, Instant nextAt) {
      this.id = id;
      this.type = type;
      this.job = job;
      this.webhook = webhook;
      this.nextAt = nextAt;
    }

    Delivery delivery() {
      JobId id = job.made.id();
      return new Delivery(this.id, id, job.made.tenantId(), type, claim, tries, webhook);
    }

    Sent sent() {
      Instant next = state == State.PENDING ? nextAt : null;
      return new Sent(job.made.id(), new Entry(id, type, state, tries, next, List.of()));
    }

    Entry entry() {
      return new Entry(id, type, state, tries, state == State.PENDING ? nextAt : null, log);
    }
  }

  private <T> Future<T> step(Supplier<T> work) {
    synchronized (lock) {
      return Future.succeededFuture(work.get());
    }
  }

  private Instant now() {
    return Instant.now().plus(ahead);
  }

  /** Moves the outbox's clock forward. */
  public void advance(Duration by) {
    synchronized (lock) {
      ahead = ahead.plus(by);
    }
  }

  /** What the database's trigger does. */
  void moved(Job job) {
    Webhook webhook = job.made.webhook();
    if (webhook != null && job.state.terminal()) {
      String event = job.state.wire();
      String id = "msg_" + job.made.id().toString().replace("-", "") + "_" + event;
      rows.computeIfAbsent(id, n -> new Row(n, "transcription." + event, job, webhook, now()));
    }
  }

  /** What goes with a job that is deleted. */
  void forget(JobId job) {
    rows.values().removeIf(row -> row.job.made.id().equals(job));
  }

  @Override
  public Future<List<Delivery>> claim(
      NodeId scheduler, int limit, Collection<String> busy, Duration lease) {
    return step(
        () -> {
          List<Delivery> claimed = new ArrayList<>();
          for (Row row : lives.test(scheduler) ? rows.values() : List.<Row>of()) {
            boolean due = row.state == State.PENDING && !row.nextAt.isAfter(now());
            boolean free = !row.leasedUntil.isAfter(now()) && !busy.contains(row.webhook.host());
            if (due && free && claimed.size() < limit) {
              row.claim++;
              row.leasedUntil = now().plus(lease);
              claimed.add(row.delivery());
            }
          }
          return claimed;
        });
  }

  private @Nullable Row current(Delivery delivery) {
    Row row = rows.get(delivery.id());
    boolean current = row != null && row.claim == delivery.claim() && row.state == State.PENDING;
    return current ? row : null;
  }

  @Override
  public Future<Boolean> settle(Delivery delivery, Settlement settlement) {
    return step(
        () -> {
          Row row = current(delivery);
          if (row != null) {
            row.state = settlement.state();
            row.tries++;
            row.leasedUntil = Instant.MIN;
            row.nextAt = now().plus(settlement.pause());
            Instant begun = now().minusMillis(settlement.answer().ms());
            row.log.add(new Try(row.log.size() + 1, begun, settlement.answer()));
          }
          return row != null;
        });
  }

  @Override
  public Future<Void> release(Delivery delivery, Duration pause) {
    return step(() -> {
          Row row = current(delivery);
          if (row != null) {
            row.leasedUntil = Instant.MIN;
            row.nextAt = now().plus(pause);
          }
          return true;
        })
        .mapEmpty();
  }

  private List<Row> of(long tenantId, JobId job) {
    return rows.values().stream()
        .filter(row -> row.job.made.id().equals(job) && row.job.made.tenantId() == tenantId)
        .toList();
  }

  @Override
  public Future<List<Entry>> log(long tenantId, JobId job) {
    return step(() -> of(tenantId, job).stream().map(Row::entry).toList());
  }

  @Override
  public Future<List<Sent>> recent(long tenantId, @Nullable State state, int limit) {
    return step(
        () ->
            new ArrayList<>(rows.values())
                .reversed().stream()
                    .filter(row -> row.job.made.tenantId() == tenantId)
                    .filter(row -> state == null || row.state == state)
                    .limit(limit)
                    .map(Row::sent)
                    .toList());
  }

  @Override
  public Future<Integer> replay(long tenantId, JobId job) {
    return step(
        () -> {
          List<Row> found = of(tenantId, job);
          found.forEach(this::again);
          return found.size();
        });
  }

  @Override
  public Future<Optional<JobId>> replay(long tenantId, String id) {
    return step(
        () -> {
          Row row = rows.get(id);
          if (row == null || row.job.made.tenantId() != tenantId) {
            return Optional.empty();
          }
          again(row);
          return Optional.of(row.job.made.id());
        });
  }

  private void again(Row row) {
    row.state = State.PENDING;
    row.tries = 0;
    row.nextAt = now();
  }
}
