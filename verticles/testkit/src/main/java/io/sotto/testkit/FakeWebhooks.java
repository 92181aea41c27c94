package io.sotto.testkit;

import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookEndpoint;
import io.sotto.storage.WebhookStore;
import io.sotto.testkit.FakeEndpoints.Registered;
import io.sotto.testkit.FakeJobs.Job;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The outbox in memory, under the lock of its job store, with a clock that a test may move. */
public final class FakeWebhooks implements WebhookStore {
  private final Object lock;
  private final Predicate<@Nullable NodeId> lives;
  private final FakeEndpoints endpoints = new FakeEndpoints(this);
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private Duration ahead = Duration.ZERO;

  FakeWebhooks(Object lock, Predicate<@Nullable NodeId> lives) {
    this.lock = lock;
    this.lives = lives;
  }

  FakeEndpoints endpoints() {
    return endpoints;
  }

  long pending() {
    return rows.values().stream().filter(row -> row.state == State.PENDING).count();
  }

  /** Whether an event of {@code job} is still to be delivered. */
  boolean pending(JobId job) {
    return rows.values().stream()
        .anyMatch(row -> row.state == State.PENDING && job.equals(row.job));
  }

  /** How many events of {@code job} there are, delivered or not. */
  int events(JobId job) {
    return (int) rows.values().stream().filter(row -> job.equals(row.job)).count();
  }

  /** A delivery; {@code own} is the webhook of its job, null where an endpoint is told. */
  static final class Row {
    final String id;
    final String type;
    final @Nullable JobId job;
    final long tenant;
    final @Nullable Webhook own;
    final @Nullable UUID endpoint;
    final List<Try> log = new ArrayList<>();
    State state = State.PENDING;
    int claim;
    int tries;
    Instant leasedUntil = Instant.MIN;
    Instant nextAt;

    private Row(
        String id,
        String type,
        @Nullable JobId job,
        long tenant,
        @Nullable Webhook own,
        @Nullable UUID endpoint,
        Instant nextAt) {
      this.id = id;
      this.type = type;
      this.job = job;
      this.tenant = tenant;
      this.own = own;
      this.endpoint = endpoint;
      this.nextAt = nextAt;
    }

    Sent sent(boolean tried) {
      return new Sent(job, entry(tried));
    }

    Entry entry(boolean tried) {
      Instant next = state == State.PENDING ? nextAt : null;
      return new Entry(id, type, state, tries, next, tried ? log : List.of(), endpoint);
    }
  }

  <T> Future<T> step(Supplier<T> work) {
    synchronized (lock) {
      return Future.succeededFuture(work.get());
    }
  }

  Instant now() {
    return Instant.now().plus(ahead);
  }

  /** Moves the outbox's clock forward. */
  public void advance(Duration by) {
    synchronized (lock) {
      ahead = ahead.plus(by);
    }
  }

  /** What the database's triggers do. */
  void moved(Job job) {
    if (!job.state.terminal() || job.announced) {
      return;
    }
    job.announced = true;
    if (job.deleted != null) {
      return;
    }
    JobId id = job.made.id();
    long tenant = job.made.tenantId();
    String type = "transcription." + job.state.wire();
    String name = "msg_" + id.toString().replace("-", "") + "_" + job.state.wire();
    if (job.made.webhook() != null) {
      rows.put(name, new Row(name, type, id, tenant, job.made.webhook(), null, now()));
    }
    for (Registered one : endpoints.wanting(tenant, type)) {
      String told = name + "_" + one.id.toString().replace("-", "");
      rows.put(told, new Row(told, type, id, tenant, null, one.id, now()));
    }
  }

  /** A test of an endpoint, under a name of its own. */
  Row test(Registered one) {
    String name = "msg_" + UUID.randomUUID().toString().replace("-", "") + "_test";
    Row row = new Row(name, WebhookEndpoint.TEST, null, one.tenant, null, one.id, now());
    rows.put(name, row);
    return row;
  }

  void forget(Predicate<Row> gone) {
    rows.values().removeIf(gone);
  }

  /** Of the rows that are {@code meant}, the latest first. */
  List<Row> latest(Predicate<Row> meant, @Nullable State state, int limit) {
    return new ArrayList<>(rows.values())
        .reversed().stream()
            .filter(meant)
            .filter(row -> state == null || row.state == state)
            .limit(limit)
            .toList();
  }

  @Override
  public Future<List<Delivery>> claim(NodeId scheduler, int limit, Busy busy, Duration lease) {
    return step(
        () -> {
          List<Delivery> claimed = new ArrayList<>();
          for (Row row : lives.test(scheduler) ? rows.values() : List.<Row>of()) {
            boolean due = row.state == State.PENDING && !row.nextAt.isAfter(now());
            Webhook to = row.own == null ? endpoints.webhook(row.endpoint) : row.own;
            if (due && !row.leasedUntil.isAfter(now())) {
              if (to == null) {
                row.state = State.DISABLED;
              } else if (claimed.size() < limit
                  && !busy.hosts().contains(to.host())
                  && !busy.tenants().contains(row.tenant)) {
                claimed.add(claim(row, to, lease));
              }
            }
          }
          return claimed;
        });
  }

  private Delivery claim(Row row, Webhook to, Duration lease) {
    row.claim++;
    row.leasedUntil = now().plus(lease);
    return new Delivery(
        row.id, row.job, row.tenant, row.type, row.claim, row.tries, to, row.endpoint);
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
            if (row.state == State.DISABLED) {
              endpoints.gone(row.endpoint);
            }
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
        .filter(row -> job.equals(row.job) && row.tenant == tenantId)
        .toList();
  }

  @Override
  public Future<List<Entry>> log(long tenantId, JobId job) {
    return step(() -> of(tenantId, job).stream().map(row -> row.entry(true)).toList());
  }

  @Override
  public Future<List<Sent>> recent(long tenantId, @Nullable State state, int limit) {
    return step(
        () ->
            latest(row -> row.tenant == tenantId, state, limit).stream()
                .map(row -> row.sent(false))
                .toList());
  }

  @Override
  public Future<Integer> replay(long tenantId, JobId job) {
    return step(
        () -> {
          List<Row> found = of(tenantId, job).stream().filter(this::wanted).toList();
          found.forEach(this::again);
          return found.size();
        });
  }

  @Override
  public Future<Optional<JobId>> replay(long tenantId, String id) {
    return step(
        () -> {
          Row row = rows.get(id);
          if (row == null || row.job == null || row.tenant != tenantId || !wanted(row)) {
            return Optional.empty();
          }
          again(row);
          return Optional.of(row.job);
        });
  }

  private boolean wanted(Row row) {
    return row.own != null || endpoints.webhook(row.endpoint) != null;
  }

  private void again(Row row) {
    row.state = State.PENDING;
    row.tries = 0;
    row.nextAt = now();
  }
}
