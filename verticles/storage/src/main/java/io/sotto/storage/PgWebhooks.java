package io.sotto.storage;

import static io.sotto.storage.PgTransactions.rows;

import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.ProtocolJson;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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

  PgWebhooks(PgTransactions database) {
    this.database = database;
  }

  @Override
  public Future<List<Delivery>> claim(
      NodeId scheduler, int limit, Collection<String> busy, Duration lease) {
    Tuple claim = Tuple.of(scheduler.value(), limit, busy.toArray(String[]::new), lease.toMillis());
    return database
        .run(WebhookSql.CLAIM, claim)
        .map(found -> rows(found).stream().flatMap(PgWebhooks::delivery).toList());
  }

  /** A row that only a newer version can read must not keep the others back: its claim lapses. */
  private static Stream<Delivery> delivery(Row row) {
    String id = row.getString("id");
    try {
      return Stream.of(
          new Delivery(
              id,
              new JobId(row.getUUID("job_id")),
              row.getLong("tenant_id"),
              row.getString("type"),
              row.getInteger("claim"),
              row.getInteger("tries"),
              ProtocolJson.read(row.getString("webhook"), Webhook.class)));
    } catch (IllegalStateException unreadable) {
      LOG.error("webhook={} is left to a node that can read it: {}", id, unreadable.getMessage());
      return Stream.empty();
    }
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
        .compose(
            found -> {
              List<Future<Entry>> entries = new ArrayList<>();
              rows(found).forEach(row -> entries.add(entry(row)));
              return Future.all(entries).map(all -> all.<Entry>list());
            });
  }

  private Future<Entry> entry(Row row) {
    return database
        .run(WebhookSql.TRIES, Tuple.of(row.getString("id"), LOG_MAX))
        .map(found -> entry(row, rows(found).stream().map(PgWebhooks::tried).toList()));
  }

  private static Entry entry(Row row, List<Try> tries) {
    State state = State.valueOf(row.getString("state").toUpperCase(Locale.ROOT));
    return new Entry(
        row.getString("id"),
        row.getString("type"),
        state,
        row.getInteger("tries"),
        state == State.PENDING ? row.getOffsetDateTime("next_at").toInstant() : null,
        tries);
  }

  @Override
  public Future<List<Sent>> recent(long tenantId, @Nullable State state, int limit) {
    Tuple tuple = Tuple.of(tenantId, state == null ? null : state.wire(), limit);
    return database
        .run(WebhookSql.RECENT, tuple)
        .map(
            found ->
                rows(found).stream()
                    .map(row -> new Sent(new JobId(row.getUUID("job_id")), entry(row, List.of())))
                    .toList());
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
