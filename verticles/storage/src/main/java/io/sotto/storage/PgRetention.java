package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;
import static io.sotto.storage.PgTransactions.rows;

import io.sotto.protocol.JobId;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The {@link RetentionStore} on PostgreSQL. */
final class PgRetention implements RetentionStore {
  private final PgTransactions database;

  PgRetention(PgTransactions database) {
    this.database = database;
  }

  @Override
  public Future<List<JobId>> expired(Usual usual, int limit) {
    return database.run(RetentionSql.EXPIRED, over(usual).addInteger(limit)).map(PgHistory::jobs);
  }

  private static Tuple over(Usual usual) {
    return Tuple.tuple()
        .addLong(usual.transcripts().toMillis())
        .addLong(usual.webhooks().toMillis());
  }

  @Override
  public Future<Optional<Expired>> expire(JobId job, Usual usual, Witness witness) {
    return database.transaction(
        tx ->
            query(tx, RetentionSql.LOCK_EXPIRED, over(usual).addUUID(job.value()))
                .compose(
                    found ->
                        found.size() == 0
                            ? Future.succeededFuture(Optional.empty())
                            : expire(tx, job, found.iterator().next(), witness).map(Optional::of)));
  }

  private static Future<Expired> expire(SqlConnection tx, JobId job, Row locked, Witness witness) {
    return query(tx, RetentionSql.SUM_UP, Tuple.of(job.value()))
        .map(sums -> expired(locked, sums.iterator().next()))
        .compose(
            expired ->
                PgHistory.delete(tx, job)
                    .compose(
                        at ->
                            note(
                                tx,
                                witness,
                                at,
                                AuditAction.JOB_EXPIRED,
                                expired.tenant(),
                                job.toString(),
                                expired.detail()))
                    .map(expired));
  }

  private static Expired expired(Row locked, Row sums) {
    return new Expired(
        locked.getLong("tenant_id"),
        sums.getInteger("chunks"),
        sums.getInteger("results"),
        sums.getInteger("events"),
        sums.getInteger("tries"),
        locked.getString("source_sha256"),
        sums.getString("sha256"));
  }

  /** Last in its transaction: whoever appends locks the one end of the chain. */
  static Future<Void> note(
      SqlConnection tx,
      Witness witness,
      Instant at,
      AuditAction action,
      long tenant,
      String subject,
      String detail) {
    String node = witness.node();
    return node == null
        ? Future.succeededFuture()
        : PgAudit.append(
            tx, List.of(new AuditEntry(at, node, action, tenant, "", "", subject, detail, 1)));
  }

  @Override
  public Future<List<JobId>> worn(Usual usual, int limit) {
    return database
        .run(RetentionSql.WORN, Tuple.of(usual.audio().toMillis(), limit))
        .map(PgHistory::jobs);
  }

  @Override
  public Future<Void> uploadGone(JobId job, Witness witness) {
    return database.transaction(
        tx ->
            query(tx, RetentionSql.UPLOAD_GONE, Tuple.of(job.value()))
                .compose(
                    gone ->
                        gone.size() == 0
                            ? Future.succeededFuture()
                            : noteAudio(tx, job, gone.iterator().next(), witness)));
  }

  private static Future<Void> noteAudio(SqlConnection tx, JobId job, Row gone, Witness witness) {
    return note(
        tx,
        witness,
        gone.getOffsetDateTime("at").toInstant(),
        AuditAction.AUDIO_EXPIRED,
        gone.getLong("tenant_id"),
        job.toString(),
        "audio_sha256=" + gone.getString("source_sha256"));
  }

  @Override
  public Future<Map<JobId, Needs>> needs(Collection<JobId> jobs) {
    UUID[] ids = jobs.stream().map(JobId::value).toArray(UUID[]::new);
    return database
        .run(RetentionSql.NEEDS, Tuple.tuple().addArrayOfUUID(ids))
        .map(
            found -> {
              Map<JobId, Needs> needs = new HashMap<>();
              for (Row row : found) {
                boolean upload = row.getBoolean("upload");
                Needs needed = new Needs(upload, row.getBoolean("chunks"));
                needs.put(new JobId(row.getUUID("id")), needed);
              }
              return needs;
            });
  }

  @Override
  public Future<List<String>> metOrphans(List<String> keys, Duration age) {
    Tuple met = Tuple.tuple().addArrayOfString(keys.toArray(String[]::new)).addLong(age.toMillis());
    return database
        .run(RetentionSql.MET_ORPHANS, met)
        .map(
            found ->
                rows(found).stream()
                    .filter(row -> row.getBoolean("due"))
                    .map(row -> row.getString("key"))
                    .toList());
  }

  @Override
  public Future<Void> orphansDeleted(List<String> keys, Witness witness) {
    Tuple gone = Tuple.tuple().addArrayOfString(keys.toArray(String[]::new));
    return database.transaction(
        tx ->
            query(tx, RetentionSql.ORPHANS_DELETED, gone)
                .compose(
                    deleted ->
                        deleted.rowCount() == 0
                            ? Future.succeededFuture()
                            : noteOrphans(tx, keys, deleted.rowCount(), witness)));
  }

  private static Future<Void> noteOrphans(
      SqlConnection tx, List<String> keys, int deleted, Witness witness) {
    String node = witness.node();
    return node == null
        ? Future.succeededFuture()
        : PgAudit.append(
            tx,
            List.of(
                new AuditEntry(
                    Instant.now(),
                    node,
                    AuditAction.ORPHANS_DELETED,
                    null,
                    "",
                    "",
                    keys.getFirst(),
                    "objects that no job needed, the first of them is named",
                    deleted)));
  }

  @Override
  public Future<Void> passEnded(Duration ago) {
    return database.run(RetentionSql.PASS_ENDED, Tuple.of(ago.toMillis())).mapEmpty();
  }
}
