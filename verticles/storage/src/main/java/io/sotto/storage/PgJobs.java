package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.JobStore.Commit;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Job rows inside a transaction: the lock that serialises everything about a job, and its end. */
final class PgJobs {
  private PgJobs() {}

  /** What the steps need to know of a locked job. */
  record Locked(
      JobState state,
      int attempt,
      @Nullable String language,
      @Nullable Integer chunksTotal,
      int chunksDone,
      int fails,
      int deaths,
      int chargedAttempt) {}

  static Future<Optional<Locked>> lock(SqlConnection tx, JobId job) {
    return query(tx, Sql.LOCK_JOB, Tuple.of(job.value())).map(PgJobs::locked);
  }

  /**
   * What {@code step} makes of {@code job}, which is locked to its end, in a transaction of its
   * own; refused where there is no such job.
   */
  static Future<Commit> locked(
      PgTransactions database, JobId job, BiFunction<SqlConnection, Locked, Future<Commit>> step) {
    return database.transaction(
        tx ->
            lock(tx, job)
                .compose(
                    found ->
                        found
                            .map(locked -> step.apply(tx, locked))
                            .orElse(Future.succeededFuture(new Commit(false, null)))));
  }

  private static Optional<Locked> locked(RowSet<Row> rows) {
    return PgTransactions.rows(rows).stream()
        .findFirst()
        .map(
            row ->
                new Locked(
                    JobState.fromWire(row.getString("state")),
                    row.getInteger("attempt"),
                    row.getString("language"),
                    row.getInteger("chunks_total"),
                    row.getInteger("chunks_done"),
                    row.getInteger("fails"),
                    row.getInteger("deaths"),
                    row.getInteger("charged_attempt")));
  }

  /**
   * Moves a locked job to {@code failed} or {@code cancelled}, what is left of its chunks with it.
   */
  static Future<Void> end(
      SqlConnection tx,
      JobId job,
      JobState state,
      @Nullable FailureCode code,
      @Nullable String reason) {
    String name = code == null ? null : code.code();
    return query(tx, Sql.END_JOB, Tuple.of(job.value(), state.wire(), name, reason))
        .compose(ended -> query(tx, Sql.CANCEL_CHUNKS, Tuple.of(job.value())))
        .mapEmpty();
  }
}
