package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;
import static io.sotto.storage.PgTransactions.rows;

import io.sotto.protocol.ProtocolJson;
import io.sotto.protocol.TranscriptionOptions;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.UUID;

/**
 * Answers a job with the stored result of an equal one. The results are copied: each job stands for
 * itself, whatever becomes of the other.
 */
final class PgReuse {
  private PgReuse() {}

  /** False when there is nothing to reuse, or the job's key or id is taken. */
  static Future<Boolean> insert(PgTransactions database, NewJob job, Tuple values) {
    return database.transaction(
        tx ->
            query(tx, Sql.FIND_REUSABLE, asked(job))
                .compose(
                    found ->
                        found.size() == 0
                            ? Future.succeededFuture(false)
                            : copy(tx, job, values, rows(found).getFirst().getUUID("id"))));
  }

  private static Tuple asked(NewJob job) {
    TranscriptionOptions options = job.options();
    return Tuple.tuple()
        .addLong(job.tenantId())
        .addString(job.audio().sha256())
        .addLong(job.audio().bytes())
        .addString(options.model())
        .addString(options.task().wire())
        .addString(options.prompt())
        .addString(options.language())
        .addString(ProtocolJson.write(options.decoding()));
  }

  private static Future<Boolean> copy(SqlConnection tx, NewJob job, Tuple values, UUID from) {
    Tuple row = Tuple.tuple();
    for (int i = 0; i < values.size(); i++) {
      row.addValue(values.getValue(i));
    }
    Tuple both = Tuple.of(job.id().value(), from);
    return query(tx, Sql.INSERT_REUSING, row.addUUID(from))
        .compose(
            inserted ->
                inserted.size() == 0
                    ? Future.succeededFuture(false)
                    : query(tx, Sql.COPY_CHUNKS, both)
                        .compose(copied -> query(tx, Sql.COPY_RESULTS, both))
                        .map(true));
  }
}
