package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** The {@link AuditStore} on PostgreSQL. */
final class PgAudit implements AuditStore {
  private final PgTransactions database;

  PgAudit(PgTransactions database) {
    this.database = database;
  }

  @Override
  public Future<Void> append(List<AuditEntry> entries) {
    return entries.isEmpty()
        ? Future.succeededFuture()
        : database.transaction(tx -> append(tx, entries));
  }

  /** In the transaction that does what {@code entries} tell, as its last lock. */
  static Future<Void> append(SqlConnection tx, List<AuditEntry> entries) {
    return query(tx, AuditSql.LOCK_HEAD, Tuple.tuple())
        .compose(
            head -> {
              Row last = head.iterator().next();
              long seq = last.getLong("seq");
              byte[] hash = last.getBuffer("hash").getBytes();
              List<Tuple> rows = new ArrayList<>();
              for (AuditEntry entry : entries) {
                seq++;
                hash = AuditChain.hash(hash, AuditLog.Line.of(seq, entry));
                rows.add(row(seq, entry, hash));
              }
              Tuple end = Tuple.of(seq, Buffer.buffer(hash));
              return tx.preparedQuery(AuditSql.APPEND)
                  .executeBatch(rows)
                  .compose(written -> query(tx, AuditSql.MOVE_HEAD, end))
                  .mapEmpty();
            });
  }

  private static Tuple row(long seq, AuditEntry entry, byte[] hash) {
    return Tuple.tuple()
        .addLong(seq)
        .addOffsetDateTime(OffsetDateTime.ofInstant(entry.at(), ZoneOffset.UTC))
        .addString(entry.node())
        .addString(entry.action().wire())
        .addLong(entry.tenant())
        .addString(entry.actor())
        .addString(entry.address())
        .addString(entry.subject())
        .addString(entry.detail())
        .addLong(entry.times())
        .addBuffer(Buffer.buffer(hash));
  }
}
