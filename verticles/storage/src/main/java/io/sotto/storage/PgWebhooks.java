package io.sotto.storage;

import static io.sotto.storage.PgTransactions.rows;

import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.ProtocolJson;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The outbox on PostgreSQL. */
final class PgWebhooks implements WebhookStore {
  /** Tries that a log shows, and that a replay keeps. */
  private static final int LOG_MAX = 100;

  private static final int REASON_CHARS_MAX = 500;
  private static final Logger LOG = LoggerFactory.getLogger(PgWebhooks.class);
  private final PgTransactions database;
  private final Supplier<SealingKeys> keys;

  PgWebhooks(PgTransactions database, Supplier<SealingKeys> keys) {
    this.database = database;
    this.keys = keys;
  }

  /** Whom the secret that a job brought is sealed for. */
  static String owner(JobId job) {
    return "job:" + job;
  }

  @Override
  public Future<List<Delivery>> claim(NodeId scheduler, int limit, Busy busy, Duration lease) {
    Tuple claim =
        Tuple.tuple()
            .addUUID(scheduler.value())
            .addInteger(limit)
            .addArrayOfString(busy.hosts().toArray(String[]::new))
            .addArrayOfLong(busy.tenants().toArray(Long[]::new))
            .addLong(lease.toMillis());
    return database
        .run(WebhookSql.CLAIM, claim)
        .map(found -> rows(found).stream().flatMap(this::delivery).toList());
  }

  /** A row that only a newer version can read must not keep the others back: its claim lapses. */
  private Stream<Delivery> delivery(Row row) {
    String id = row.getString("id");
    try {
      return Stream.of(
          new Delivery(
              id,
              job(row),
              row.getLong("tenant_id"),
              row.getString("type"),
              row.getInteger("claim"),
              row.getInteger("tries"),
              webhook(row),
              row.getUUID("endpoint_id")));
    } catch (IllegalStateException unreadable) {
      LOG.error("webhook={} is left to a node that can read it: {}", id, unreadable.getMessage());
      return Stream.empty();
    }
  }

  private static @Nullable JobId job(Row row) {
    UUID id = row.getUUID("job_id");
    return id == null ? null : new JobId(id);
  }

  private Webhook webhook(Row row) {
    UUID endpoint = row.getUUID("endpoint_id");
    if (endpoint == null) {
      Webhook stored = ProtocolJson.read(row.getString("webhook"), Webhook.class);
      return stored.withSecret(open(stored.secret(), owner(new JobId(row.getUUID("job_id")))));
    }
    String owner = PgEndpoints.owner(endpoint);
    String secrets =
        Stream.of("secret", "old_secret")
            .map(column -> open(row.getString(column), owner))
            .filter(Objects::nonNull)
            .collect(Collectors.joining(","));
    return new Webhook(
        row.getString("url"), row.getString("host"), secrets, WebhookFormat.STANDARD);
  }

  private @Nullable String open(@Nullable String stored, String owner) {
    return stored == null ? null : keys.get().open(stored, owner);
  }

  @Override
  public Future<Boolean> settle(Delivery delivery, Settlement settlement) {
    Answer answer = settlement.answer();
    String reason = answer.reason();
    Tuple row =
        Tuple.tuple()
            .addString(delivery.id())
            .addInteger(delivery.claim())
            .addString(settlement.state().wire())
            .addLong(settlement.pause().toMillis())
            .addInteger(answer.status())
            .addString(answer.error())
            .addString(
                reason == null || reason.length() <= REASON_CHARS_MAX
                    ? reason
                    : reason.substring(0, REASON_CHARS_MAX))
            .addLong(answer.ms());
    return database.run(WebhookSql.SETTLE, row).map(done -> done.rowCount() > 0);
  }

  @Override
  public Future<Void> release(Delivery delivery, Duration pause) {
    return database
        .run(WebhookSql.RELEASE, Tuple.of(delivery.id(), delivery.claim(), pause.toMillis()))
        .mapEmpty();
  }

  @Override
  public Future<List<Entry>> log(long tenantId, JobId job) {
    return database
        .run(WebhookSql.LOG, Tuple.of(job.value(), tenantId))
        .compose(this::withTries)
        .map(sent -> sent.stream().map(Sent::entry).toList());
  }

  /** The deliveries that were found, each with its tries. */
  Future<List<Sent>> withTries(RowSet<Row> found) {
    String[] ids = rows(found).stream().map(row -> row.getString("id")).toArray(String[]::new);
    return database
        .run(WebhookSql.TRIES, Tuple.tuple().addArrayOfString(ids).addInteger(LOG_MAX))
        .map(
            tried -> {
              Map<String, List<Try>> tries = new HashMap<>();
              for (Row row : tried) {
                tries
                    .computeIfAbsent(row.getString("outbox_id"), id -> new ArrayList<>())
                    .add(tried(row));
              }
              return rows(found).stream()
                  .map(row -> sent(row, tries.getOrDefault(row.getString("id"), List.of())))
                  .toList();
            });
  }

  private static Sent sent(Row row, List<Try> tries) {
    return new Sent(job(row), entry(row, tries));
  }

  static Entry entry(Row row, List<Try> tries) {
    State state = State.valueOf(row.getString("state").toUpperCase(Locale.ROOT));
    return new Entry(
        row.getString("id"),
        row.getString("type"),
        state,
        row.getInteger("tries"),
        state == State.PENDING ? row.getOffsetDateTime("next_at").toInstant() : null,
        tries,
        row.getUUID("endpoint_id"));
  }

  @Override
  public Future<List<Sent>> recent(long tenantId, @Nullable State state, int limit) {
    Tuple tuple = Tuple.of(tenantId, state == null ? null : state.wire(), limit);
    return database
        .run(WebhookSql.RECENT, tuple)
        .map(found -> rows(found).stream().map(row -> sent(row, List.of())).toList());
  }

  private static Try tried(Row row) {
    return new Try(
        row.getInteger("n"),
        row.getOffsetDateTime("at").toInstant(),
        new Answer(
            row.getInteger("status"),
            row.getString("error"),
            row.getString("reason"),
            row.getLong("ms")));
  }

  @Override
  public Future<Integer> replay(long tenantId, JobId job) {
    return database
        .run(WebhookSql.REPLAY, Tuple.of(job.value(), tenantId, LOG_MAX))
        .map(found -> found.size());
  }

  @Override
  public Future<Optional<JobId>> replay(long tenantId, String id) {
    return database
        .run(WebhookSql.REPLAY_ONE, Tuple.of(id, tenantId, LOG_MAX))
        .map(
            found -> rows(found).stream().map(row -> new JobId(row.getUUID("job_id"))).findFirst());
  }
}
