package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;

import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobState;
import io.sotto.protocol.ProtocolJson;
import io.sotto.storage.Fronts.Front;
import io.sotto.storage.JobStore.Commit;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The transcribing half of the job store after the claim: fenced commits, failures. */
final class PgChunks {
  private final PgTransactions database;
  private final Fronts fronts;

  PgChunks(PgTransactions database, Fronts fronts) {
    this.database = database;
    this.fronts = fronts;
  }

  Future<Commit> commit(ChunkTranscribed report) {
    List<Front> ready = new ArrayList<>();
    return PgJobs.locked(
            database, report.chunk().job(), (tx, job) -> commit(tx, job, report, ready))
        .onSuccess(committed -> ready.forEach(fronts::ready));
  }

  private Future<Commit> commit(
      SqlConnection tx, PgJobs.Locked job, ChunkTranscribed report, List<Front> ready) {
    if (job.state().terminal() && job.state() != JobState.COMPLETED) {
      return Future.succeededFuture(new Commit(false, job.state()));
    }
    ChunkId chunk = report.chunk();
    Tuple result =
        Tuple.of(
            chunk.job().value(),
            chunk.seq(),
            report.attempt(),
            report.node().value(),
            ProtocolJson.write(report.transcript()),
            report.transcript().language());
    return query(tx, Sql.FINISH_CHUNK, result)
        .compose(rows -> rows.size() == 0 ? again(tx, job, report) : moved(tx, chunk, rows, ready));
  }

  /** Nothing to finish: the same result come again, or an attempt that is no longer current. */
  private static Future<Commit> again(
      SqlConnection tx, PgJobs.Locked job, ChunkTranscribed report) {
    Tuple same = Tuple.of(report.chunk().job().value(), report.chunk().seq(), report.attempt());
    return query(tx, Sql.DONE_BY, same).map(rows -> new Commit(rows.size() > 0, job.state()));
  }

  private static Future<Commit> moved(
      SqlConnection tx, ChunkId chunk, RowSet<Row> rows, List<Front> ready) {
    CrashPoint.COMMIT_AFTER_UPDATE.pass();
    Row job = rows.iterator().next();
    JobState state = JobState.fromWire(job.getString("state"));
    Integer total = job.getInteger("chunks_total");
    Future<?> released =
        chunk.seq() == 0
            ? query(tx, FairSql.RELEASE_HELD, Tuple.of(chunk.job().value()))
                .onSuccess(freed -> freed.forEach(row -> ready.add(PgTurns.front(row))))
            : Future.succeededFuture();
    if (state != JobState.RUNNING || total == null || job.getInteger("chunks_done") < total) {
      return released.map(r -> new Commit(true, state));
    }
    CrashPoint.ASSEMBLE_BEFORE.pass();
    return PgJobs.end(tx, chunk.job(), JobState.COMPLETED, null, null)
        .onSuccess(ended -> CrashPoint.ASSEMBLE_AFTER.pass())
        .map(ended -> new Commit(true, JobState.COMPLETED));
  }

  /** What the steps need to know of a locked chunk. */
  record Locked(ChunkState state, int attempt, int chargedAttempt, int fails, int deaths) {
    boolean holds(int reported) {
      return attempt == reported && (state == ChunkState.LEASED || state == ChunkState.READY);
    }
  }

  static Future<Optional<Locked>> lock(SqlConnection tx, ChunkId chunk) {
    return query(tx, Sql.LOCK_CHUNK, Tuple.of(chunk.job().value(), chunk.seq()))
        .map(
            rows ->
                PgTransactions.rows(rows).stream()
                    .findFirst()
                    .map(
                        row ->
                            new Locked(
                                ChunkState.fromWire(row.getString("state")),
                                row.getInteger("attempt"),
                                row.getInteger("charged_attempt"),
                                row.getInteger("fails"),
                                row.getInteger("deaths"))));
  }

  Future<Commit> fail(ChunkFailed report) {
    return PgJobs.locked(database, report.chunk().job(), (tx, job) -> fail(tx, job.state(), report))
        .onSuccess(failed -> fronts.unsure());
  }

  private Future<Commit> fail(SqlConnection tx, JobState job, ChunkFailed report) {
    if (job.terminal()) {
      return Future.succeededFuture(new Commit(false, job));
    }
    return lock(tx, report.chunk())
        .compose(
            found -> {
              Locked chunk = found.orElse(null);
              if (chunk == null || !chunk.holds(report.attempt())) {
                return Future.succeededFuture(new Commit(false, job));
              }
              if (chunk.chargedAttempt() == report.attempt()) {
                return Future.succeededFuture(new Commit(true, job));
              }
              if (!report.charged()) {
                return giveBack(tx, report.chunk(), chunk, chunk.chargedAttempt(), 0, job);
              }
              return RetryBudget.excused(report.code(), report.attempt())
                  ? excuse(tx, report, chunk, job)
                  : charge(tx, report.chunk(), chunk, job, false, report.code(), report.reason());
            });
  }

  private static Future<Commit> excuse(
      SqlConnection tx, ChunkFailed report, Locked chunk, JobState job) {
    long rest = RetryBudget.excusedRestMs(report.attempt());
    return giveBack(tx, report.chunk(), chunk, chunk.chargedAttempt(), rest, job);
  }

  /** Charges a locked chunk of a locked job: it rests and is ready again, or it is dead. */
  static Future<Commit> charge(
      SqlConnection tx,
      ChunkId id,
      Locked chunk,
      JobState job,
      boolean died,
      FailureCode code,
      String reason) {
    int fails = chunk.fails() + (died ? 0 : 1);
    int deaths = chunk.deaths() + (died ? 1 : 0);
    if (code.retryable() && !RetryBudget.spent(fails, deaths)) {
      Locked charged = new Locked(chunk.state(), chunk.attempt(), chunk.attempt(), fails, deaths);
      long rest = RetryBudget.restMs(fails + deaths);
      // the first death is the node's more often than the chunk's: another takes over at once
      return giveBack(tx, id, charged, chunk.attempt(), died && deaths == 1 ? 0 : rest, job);
    }
    Tuple row = Tuple.of(id.job().value(), id.seq(), fails, deaths);
    String why = "chunk " + id.seq() + ": " + reason;
    return query(tx, Sql.KILL_CHUNK, row)
        .compose(dead -> PgJobs.end(tx, id.job(), JobState.FAILED, code, why))
        .map(ended -> new Commit(true, JobState.FAILED));
  }

  static Future<Commit> giveBack(
      SqlConnection tx, ChunkId id, Locked chunk, int chargedAttempt, long restMs, JobState job) {
    Tuple row =
        Tuple.of(id.job().value(), id.seq(), chunk.fails(), chunk.deaths(), chargedAttempt, restMs);
    return query(tx, Sql.GIVE_BACK_CHUNK, row).map(given -> new Commit(true, job));
  }
}
