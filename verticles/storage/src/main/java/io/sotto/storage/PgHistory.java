package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;
import static io.sotto.storage.PgTransactions.rows;

import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.HistoryStore.Deleted;
import io.sotto.storage.HistoryStore.Page;
import io.sotto.storage.HistoryStore.Place;
import io.sotto.storage.HistoryStore.Query;
import io.sotto.storage.RetentionStore.Witness;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A tenant's jobs as rows: read page by page, and deleted. */
final class PgHistory {
  private final PgTransactions database;

  PgHistory(PgTransactions database) {
    this.database = database;
  }

  Future<Page> list(long tenantId, Query query) {
    Place after = query.after();
    Tuple page =
        meant(tenantId, query)
            .addLong(after == null ? null : after.key())
            .addUUID(after == null ? null : after.id().value())
            .addInteger(query.skip())
            .addInteger(query.limit() + 1);
    return database
        .run(HistorySql.list(query.sort(), query.ascending()), page)
        .compose(
            found -> {
              List<JobView> jobs = rows(found).stream().map(JobRows::view).toList();
              return count(tenantId, query).map(total -> Page.of(query, jobs, total));
            });
  }

  private Future<Integer> count(long tenantId, Query query) {
    Tuple counted = meant(tenantId, query).addInteger(HistoryStore.COUNTED_MAX + 1);
    return database.run(HistorySql.COUNT, counted).map(n -> n.iterator().next().getInteger("n"));
  }

  private static Tuple meant(long tenantId, Query query) {
    return Tuple.tuple()
        .addLong(tenantId)
        .addString(query.state() == null ? null : query.state().wire())
        .addString(query.language())
        .addString(query.model())
        .addOffsetDateTime(time(query.createdAfter()))
        .addOffsetDateTime(time(query.createdBefore()));
  }

  private static @Nullable OffsetDateTime time(@Nullable Instant instant) {
    return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
  }

  Future<Optional<Deleted>> delete(long tenantId, JobId job) {
    return database.transaction(
        tx ->
            query(tx, Sql.LOCK_JOB_OF_TENANT, Tuple.of(job.value(), tenantId))
                .compose(
                    found ->
                        found.size() == 0
                            ? Future.succeededFuture(Optional.empty())
                            : delete(tx, job, found.iterator().next()).map(Optional::of)));
  }

  private static Future<Deleted> delete(SqlConnection tx, JobId job, Row locked) {
    boolean open = !JobState.fromWire(locked.getString("state")).terminal();
    return delete(tx, job).map(at -> new Deleted(at, open));
  }

  /** Of a locked job; when it was. */
  static Future<Instant> delete(SqlConnection tx, JobId job) {
    Tuple id = Tuple.of(job.value());
    return query(tx, HistorySql.DELETE_JOB, id)
        .map(row -> row.iterator().next().getOffsetDateTime("deleted_at").toInstant())
        .compose(
            at ->
                query(tx, HistorySql.DELETE_EVENTS, id)
                    .compose(events -> query(tx, HistorySql.DELETE_TRIES, ids(events)))
                    .compose(done -> query(tx, HistorySql.DELETE_RESULTS, id))
                    .compose(done -> query(tx, HistorySql.DELETE_CHUNKS, id))
                    .map(at));
  }

  private static Tuple ids(RowSet<Row> events) {
    String[] ids = rows(events).stream().map(row -> row.getString("id")).toArray(String[]::new);
    return Tuple.tuple().addArrayOfString(ids);
  }

  Future<List<JobId>> deleted(int limit) {
    return database.run(HistorySql.DELETED, Tuple.of(limit)).map(PgHistory::jobs);
  }

  static List<JobId> jobs(RowSet<Row> found) {
    return rows(found).stream().map(row -> new JobId(row.getUUID("id"))).toList();
  }

  Future<Boolean> forget(JobId job, int chunks, Witness witness) {
    return database.transaction(
        tx ->
            query(tx, HistorySql.FORGET, Tuple.of(job.value()))
                .compose(
                    gone ->
                        gone.size() == 0
                            ? Future.succeededFuture(false)
                            : erased(tx, job, chunks, gone.iterator().next(), witness)));
  }

  private static Future<Boolean> erased(
      SqlConnection tx, JobId job, int chunks, Row gone, Witness witness) {
    return PgRetention.note(
            tx,
            witness,
            gone.getOffsetDateTime("at").toInstant(),
            AuditAction.JOB_ERASED,
            gone.getLong("tenant_id"),
            job.toString(),
            "chunks=" + chunks)
        .map(true);
  }
}
