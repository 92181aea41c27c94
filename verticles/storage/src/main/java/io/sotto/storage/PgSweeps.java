package io.sotto.storage;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.storage.JobStore.Commit;
import io.sotto.storage.JobStore.Swept;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Gives back what nobody works on any more. Found first without locks, then moved one by one, job
 * row locked, if it still is what was found: same attempt, same state.
 */
final class PgSweeps {
  private static final String SILENT = "the node that worked on it fell silent";

  /** Of the last death that a chunk may have cost. */
  private static final String POISON =
      "the nodes that worked on it died or never ended, three of them, the last with it alone;"
          + " their logs say of what";

  private final PgTransactions database;
  private final Fronts fronts;

  PgSweeps(PgTransactions database, Fronts fronts) {
    this.database = database;
    this.fronts = fronts;
  }

  /** Work that was found abandoned; {@code died} charges a death. */
  record Lost(JobId job, int seq, int attempt, boolean died, boolean kept) {
    static final int PREPARATION = -1;

    static Lost chunk(Row row) {
      return new Lost(
          new JobId(row.getUUID("job_id")),
          row.getInteger("seq"),
          row.getInteger("attempt"),
          row.getBoolean("died"),
          kept(row));
    }

    static Lost preparation(Row row) {
      return new Lost(
          new JobId(row.getUUID("job_id")),
          PREPARATION,
          row.getInteger("attempt"),
          Boolean.TRUE.equals(row.getBoolean("died")),
          kept(row));
    }

    /** Only what lost nodes hold may be another's to give back. */
    private static boolean kept(Row row) {
      return row.getColumnIndex("kept") >= 0 && row.getBoolean("kept");
    }
  }

  Future<Swept> overdue(int limit) {
    return find(Sql.OVERDUE_CHUNKS, Sql.OVERDUE_PREPARATIONS, Tuple.of(limit))
        .compose(this::giveBack);
  }

  Future<Swept> of(NodeId scheduler, Collection<NodeId> nodes, Duration fresh) {
    if (nodes.isEmpty()) {
      return Future.succeededFuture(new Swept(0, List.of(), 0));
    }
    UUID[] ids = nodes.stream().map(NodeId::value).toArray(UUID[]::new);
    return find(
            Sql.CHUNKS_OF, Sql.PREPARATIONS_OF, Tuple.of(ids, scheduler.value(), fresh.toMillis()))
        .compose(this::giveBack);
  }

  /** Uncharged, what {@code scheduler} owns and is not {@code told} of. */
  Future<Swept> untold(NodeId scheduler, Predicate<Lost> told) {
    return find(Sql.CHUNKS_OWNED, Sql.PREPARATIONS_OWNED, Tuple.of(scheduler.value()))
        .map(owned -> owned.stream().filter(told.negate()).toList())
        .compose(this::giveBack);
  }

  private Future<List<Lost>> find(String chunks, String preparations, Tuple parameters) {
    List<Lost> lost = new ArrayList<>();
    return database
        .run(chunks, parameters)
        .compose(
            rows -> {
              rows.forEach(row -> lost.add(Lost.chunk(row)));
              return database.run(preparations, parameters);
            })
        .map(
            rows -> {
              rows.forEach(row -> lost.add(Lost.preparation(row)));
              return lost;
            });
  }

  private Future<Swept> giveBack(List<Lost> lost) {
    Set<JobId> failed = new LinkedHashSet<>();
    int[] released = {0};
    List<Lost> ours = lost.stream().filter(one -> !one.kept).toList();
    Future<?> before = Future.succeededFuture();
    for (Lost one : ours) {
      before =
          before
              .compose(done -> giveBack(one))
              .onSuccess(commit -> count(one, commit, failed, released))
              .onSuccess(commit -> CrashPoint.SWEEP_MID_BATCH.pass());
    }
    return before.map(
        done -> new Swept(released[0], List.copyOf(failed), lost.size() - ours.size()));
  }

  private void count(Lost one, Commit commit, Set<JobId> failed, int[] released) {
    if (commit.finished()) {
      failed.add(one.job);
    } else if (commit.accepted()) {
      released[0]++;
      fronts.unsure();
    }
  }

  private Future<Commit> giveBack(Lost one) {
    return database.transaction(
        tx ->
            PgJobs.lock(tx, one.job)
                .compose(
                    found -> {
                      PgJobs.Locked job = found.orElse(null);
                      if (job == null || job.state().terminal()) {
                        return nothing(job == null ? JobState.FAILED : job.state());
                      }
                      return one.seq == Lost.PREPARATION
                          ? preparation(tx, one, job)
                          : chunk(tx, one, job.state());
                    }));
  }

  private static Future<Commit> nothing(JobState state) {
    return Future.succeededFuture(new Commit(false, state));
  }

  private static Future<Commit> preparation(SqlConnection tx, Lost one, PgJobs.Locked job) {
    if (job.attempt() != one.attempt || job.state() != JobState.PREPARING) {
      return nothing(job.state());
    }
    if (one.died) {
      return PgPreparations.charge(tx, one.job, job, true, FailureCode.TIMEOUT, SILENT);
    }
    return PgPreparations.giveBack(tx, one.job, job);
  }

  private static Future<Commit> chunk(SqlConnection tx, Lost one, JobState job) {
    ChunkId id = new ChunkId(one.job, one.seq);
    return PgChunks.lock(tx, id)
        .compose(
            found -> {
              PgChunks.Locked chunk = found.orElse(null);
              if (chunk == null
                  || chunk.attempt() != one.attempt
                  || chunk.state() != ChunkState.LEASED) {
                return nothing(job);
              }
              String why = RetryBudget.spent(0, chunk.deaths() + 1) ? POISON : SILENT;
              return one.died
                  ? PgChunks.charge(tx, id, chunk, job, true, FailureCode.TIMEOUT, why)
                  : PgChunks.giveBack(tx, id, chunk, chunk.chargedAttempt(), 0, job);
            });
  }
}
