package io.sotto.storage;

import io.sotto.protocol.NodeId;
import io.sotto.storage.Fronts.Front;
import io.sotto.storage.Fronts.Known;
import io.sotto.storage.Fronts.Look;
import io.sotto.storage.Fronts.Queue;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Suspect;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Claims chunks in their turn, from where {@link Fronts} knows that ready ones begin. */
final class PgTurns {
  /** The order in which what was claimed goes out. */
  private static final Comparator<Row> TURN =
      Comparator.<Row>comparingDouble(row -> row.getDouble("turn"))
          .thenComparingLong(row -> row.getLong("vtime"))
          .thenComparingInt(row -> row.getInteger("seq"));

  private final PgTransactions database;
  private final Fronts fronts;

  PgTurns(PgTransactions database, Fronts fronts) {
    this.database = database;
    this.fronts = fronts;
  }

  Future<List<Lease>> claim(
      NodeId scheduler, NodeId worker, Collection<String> models, int limit, Duration deadline) {
    Tuple who = Tuple.of(scheduler.value(), worker.value(), limit, deadline.toMillis());
    boolean due = fronts.due();
    if (due && !fronts.slow()) {
      return look().compose(looked -> claim(who, models));
    }
    if (due) {
      look();
    }
    return claim(who, models)
        .compose(
            got ->
                got.isEmpty()
                    ? look().compose(looked -> claim(who, models))
                    : Future.succeededFuture(got));
  }

  private Future<List<Lease>> claim(Tuple who, Collection<String> models) {
    Known known = fronts.known(models);
    if (known.nothing()) {
      return Future.succeededFuture(List.of());
    }
    return database
        .run(FairSql.CLAIM_CHUNKS, parameters(who, known))
        .map(PgTransactions::rows)
        .onSuccess(rows -> claimed(known, rows))
        .map(rows -> rows.stream().sorted(TURN).map(JobRows::lease).toList());
  }

  static Tuple parameters(Tuple who, Known known) {
    List<Front> fronts = known.fronts();
    return Tuple.of(who.getUUID(0), who.getUUID(1), who.getInteger(2), who.getLong(3))
        .addArrayOfLong(fronts.stream().map(front -> front.queue().tenant()).toArray(Long[]::new))
        .addArrayOfString(
            fronts.stream().map(front -> front.queue().model()).toArray(String[]::new))
        .addArrayOfLong(fronts.stream().map(Front::vtime).toArray(Long[]::new))
        .addDouble(known.started());
  }

  private void claimed(Known known, List<Row> rows) {
    Map<Queue, Long> firsts = new HashMap<>();
    rows.forEach(row -> firsts.merge(queue(row), row.getLong("vtime"), Math::min));
    rows.stream()
        .mapToDouble(row -> row.getDouble("turn"))
        .max()
        .ifPresent(last -> fronts.claimed(known, firsts, last));
  }

  private static Queue queue(Row row) {
    return new Queue(row.getLong("tenant_id"), row.getString("model"));
  }

  /** A row with {@code tenant_id}, {@code model} and {@code vtime}. */
  static Front front(Row row) {
    return new Front(queue(row), row.getLong("vtime"));
  }

  private Future<?> look() {
    Look look = fronts.begin();
    return database
        .run(FairSql.FRONTS, Tuple.tuple())
        .onSuccess(rows -> seen(look, rows))
        .onFailure(failed -> fronts.over(look));
  }

  private void seen(Look look, RowSet<Row> rows) {
    List<Row> found = PgTransactions.rows(rows);
    double started = found.stream().mapToDouble(row -> row.getDouble("started")).max().orElse(0);
    fronts.end(look, found.stream().map(PgTurns::front).toList(), started);
  }

  Future<List<Suspect>> suspects(int limit) {
    return database
        .run(FairSql.SUSPECTS, Tuple.of(limit))
        .map(
            rows ->
                PgTransactions.rows(rows).stream()
                    .map(
                        row ->
                            new Suspect(
                                row.getString("model"),
                                Duration.ofMillis(row.getLong("waited_ms"))))
                    .toList());
  }

  Future<Optional<Lease>> claimSuspect(
      NodeId scheduler, NodeId worker, Collection<String> models, Duration deadline) {
    Tuple claim =
        Tuple.of(
            scheduler.value(), worker.value(), models.toArray(String[]::new), deadline.toMillis());
    return database
        .run(FairSql.CLAIM_SUSPECT, claim)
        .map(rows -> PgTransactions.rows(rows).stream().findFirst().map(JobRows::lease));
  }
}
