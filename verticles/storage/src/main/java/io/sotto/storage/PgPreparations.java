package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;

import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.PreparedChunk;
import io.sotto.storage.Fronts.Front;
import io.sotto.storage.JobStore.Commit;
import io.sotto.storage.JobStore.Preparation;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The preparing half of the job store: claims, chunks as they are cut, failures. */
final class PgPreparations {
  private final PgTransactions database;
  private final Fronts fronts;

  PgPreparations(PgTransactions database, Fronts fronts) {
    this.database = database;
    this.fronts = fronts;
  }

  Future<List<Preparation>> claim(NodeId scheduler, int limit, Duration lease) {
    return database
        .run(FairSql.CLAIM_PREPARATIONS, Tuple.of(scheduler.value(), limit, lease.toMillis()))
        .map(
            rows ->
                PgTransactions.rows(rows).stream()
                    .sorted(Comparator.comparingDouble(row -> row.getDouble("turn")))
                    .map(JobRows::preparation)
                    .toList());
  }

  Future<Boolean> assign(JobId job, int attempt, NodeId ingest) {
    return database
        .run(Sql.ASSIGN_PREPARATION, Tuple.of(job.value(), attempt, ingest.value()))
        .map(rows -> rows.rowCount() > 0);
  }

  Future<Void> release(JobId job, int attempt, Duration delay) {
    return database
        .run(Sql.RELEASE_PREPARATION, Tuple.of(job.value(), attempt, delay.toMillis()))
        .mapEmpty();
  }

  Future<Commit> record(ChunksPrepared report, Duration lease) {
    List<Front> ready = new ArrayList<>();
    return PgJobs.locked(database, report.job(), (tx, job) -> record(tx, job, report, lease, ready))
        .onSuccess(recorded -> ready.forEach(fronts::ready));
  }

  private Future<Commit> record(
      SqlConnection tx,
      PgJobs.Locked job,
      ChunksPrepared report,
      Duration lease,
      List<Front> ready) {
    boolean current = job.attempt() == report.attempt();
    if (current && saidBefore(job, report)) {
      return Future.succeededFuture(new Commit(true, job.state()));
    }
    if (!current || job.state() != JobState.PREPARING) {
      return Future.succeededFuture(new Commit(false, job.state()));
    }
    return insert(tx, job, report, ready).compose(inserted -> move(tx, job, report, lease));
  }

  /** The last report, come again because its acknowledgement was lost. */
  private static boolean saidBefore(PgJobs.Locked job, ChunksPrepared report) {
    boolean moved = job.state() == JobState.RUNNING || job.state() == JobState.COMPLETED;
    return moved && report.end() != null;
  }

  private Future<?> insert(
      SqlConnection tx, PgJobs.Locked job, ChunksPrepared report, List<Front> ready) {
    if (report.chunks().isEmpty()) {
      return Future.succeededFuture();
    }
    Integer[] seqs = report.chunks().stream().map(PreparedChunk::seq).toArray(Integer[]::new);
    Tuple which = Tuple.tuple().addUUID(report.job().value()).addArrayOfInteger(seqs);
    return query(tx, FairSql.MET_CHUNKS, which)
        .compose(
            rows -> {
              Set<Integer> met = new HashSet<>();
              rows.forEach(row -> met.add(row.getInteger("seq")));
              return insert(tx, job, report, met, ready);
            });
  }

  private Future<?> insert(
      SqlConnection tx,
      PgJobs.Locked job,
      ChunksPrepared report,
      Set<Integer> met,
      List<Front> ready) {
    Tuple turn = Tuple.of(report.job().value(), cost(report.chunks(), met));
    return query(tx, FairSql.TAKE_TURN, turn)
        .map(taken -> PgTurns.front(taken.iterator().next()))
        .onSuccess(ready::add)
        .map(begins -> rows(job, report, met, begins.vtime()))
        .compose(rows -> tx.preparedQuery(Sql.INSERT_CHUNK).executeBatch(rows));
  }

  /** What is met keeps its turn and is not paid for again. */
  private static long cost(PreparedChunk chunk, Set<Integer> met) {
    return met.contains(chunk.seq()) ? 0 : FairSql.chunkCost(chunk.span().durationMs());
  }

  private static long cost(List<PreparedChunk> chunks, Set<Integer> met) {
    return chunks.stream().mapToLong(chunk -> cost(chunk, met)).sum();
  }

  private static List<Tuple> rows(
      PgJobs.Locked job, ChunksPrepared report, Set<Integer> met, long begins) {
    List<Tuple> rows = new ArrayList<>();
    long vtime = begins;
    for (PreparedChunk chunk : report.chunks()) {
      rows.add(row(job, report.job(), chunk, vtime));
      vtime += cost(chunk, met);
    }
    return rows;
  }

  /** Until the first chunk names the language, the others wait: one job, one language. */
  private static Tuple row(PgJobs.Locked job, JobId id, PreparedChunk chunk, long vtime) {
    String state = job.language() == null && chunk.seq() > 0 ? "held" : "ready";
    return Tuple.of(
        id.value(),
        chunk.seq(),
        state,
        chunk.span().startMs(),
        chunk.span().endMs(),
        chunk.key().value(),
        chunk.sha256(),
        chunk.bytes(),
        vtime);
  }

  private Future<Commit> move(
      SqlConnection tx, PgJobs.Locked job, ChunksPrepared report, Duration lease) {
    ChunksPrepared.End end = report.end();
    if (end == null) {
      return query(
              tx,
              Sql.PREPARED,
              Tuple.of(report.job().value(), report.preparedMs(), lease.toMillis()))
          .map(updated -> new Commit(true, JobState.PREPARING));
    }
    JobState next = job.chunksDone() == end.chunksTotal() ? JobState.COMPLETED : JobState.RUNNING;
    return query(
            tx,
            Sql.PREPARED_TO_THE_END,
            Tuple.of(report.job().value(), next.wire(), end.chunksTotal(), end.audioMs()))
        .map(updated -> new Commit(true, next));
  }

  Future<Commit> fail(PreparationFailed report) {
    return PgJobs.locked(database, report.job(), (tx, job) -> fail(tx, job, report));
  }

  private Future<Commit> fail(SqlConnection tx, PgJobs.Locked job, PreparationFailed report) {
    boolean current = job.attempt() == report.attempt();
    if (current && job.chargedAttempt() == report.attempt()) {
      return Future.succeededFuture(new Commit(true, job.state()));
    }
    if (!current || job.state() != JobState.PREPARING) {
      return Future.succeededFuture(new Commit(false, job.state()));
    }
    if (report.code() == FailureCode.DRAINING) {
      return giveBack(tx, report.job(), job);
    }
    if (RetryBudget.excused(report.code(), job.attempt())) {
      return giveBack(tx, report.job(), job, RetryBudget.excusedRestMs(job.attempt()));
    }
    return charge(tx, report.job(), job, false, report.code(), report.reason());
  }

  /** Gives a locked preparation back at once, charged to nobody. */
  static Future<Commit> giveBack(SqlConnection tx, JobId id, PgJobs.Locked job) {
    return giveBack(tx, id, job, 0);
  }

  private static Future<Commit> giveBack(
      SqlConnection tx, JobId id, PgJobs.Locked job, long restMs) {
    Tuple row = Tuple.of(id.value(), job.fails(), job.deaths(), restMs);
    return query(tx, Sql.RETRY_PREPARATION, row).map(r -> new Commit(true, JobState.ACCEPTED));
  }

  /** Gives a locked preparation back, or ends its job when the budget is spent. */
  static Future<Commit> charge(
      SqlConnection tx,
      JobId id,
      PgJobs.Locked job,
      boolean died,
      FailureCode code,
      String reason) {
    int fails = job.fails() + (died ? 0 : 1);
    int deaths = job.deaths() + (died ? 1 : 0);
    if (!code.retryable() || RetryBudget.spent(fails, deaths)) {
      return PgJobs.end(tx, id, JobState.FAILED, code, reason)
          .map(ended -> new Commit(true, JobState.FAILED));
    }
    Tuple row = Tuple.of(id.value(), fails, deaths, RetryBudget.restMs(fails + deaths));
    return query(tx, Sql.RETRY_PREPARATION, row).map(r -> new Commit(true, JobState.ACCEPTED));
  }
}
