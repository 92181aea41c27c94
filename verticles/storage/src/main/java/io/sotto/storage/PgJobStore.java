package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;
import static io.sotto.storage.PgTransactions.rows;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.ProtocolJson;
import io.sotto.protocol.Traces;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The {@link JobStore} on PostgreSQL 14 or later. */
public final class PgJobStore implements JobStore {
  private final PgTransactions database;
  private final PgPreparations preparations;
  private final PgChunks chunks;
  private final PgSweeps sweeps;
  private final PgWebhooks webhooks;
  private final PgEndpoints endpoints;
  private final Supplier<SealingKeys> keys;
  private final PgTenants tenants;
  private final PgClaims claims;
  private final PgHistory history;
  private final PgRetention retention;

  private PgJobStore(PgTransactions database, Supplier<SealingKeys> keys) {
    this.database = database;
    this.keys = keys;
    Fronts fronts = new Fronts(System::nanoTime);
    this.preparations = new PgPreparations(database, fronts);
    this.chunks = new PgChunks(database, fronts);
    this.sweeps = new PgSweeps(database, fronts);
    this.webhooks = new PgWebhooks(database, keys);
    this.endpoints = new PgEndpoints(database, webhooks, keys);
    this.tenants = new PgTenants(database);
    this.history = new PgHistory(database);
    this.claims = new PgClaims(preparations, new PgTurns(database, fronts), sweeps);
    this.retention = new PgRetention(database);
  }

  /** As {@link #create(Vertx, PgOptions, MeterRegistry)}, where nobody reads what it counts. */
  public static PgJobStore create(Vertx vertx, PgOptions options) {
    return create(vertx, options, new SimpleMeterRegistry());
  }

  /**
   * Connects lazily; {@link #check} tells whether the server answers. Calls are counted in {@code
   * registry}.
   */
  public static PgJobStore create(Vertx vertx, PgOptions options, MeterRegistry registry) {
    return create(vertx, options, registry, () -> SealingKeys.NONE);
  }

  /** As above; {@code keys}, asked each time, seal the secrets that clients bring. */
  public static PgJobStore create(
      Vertx vertx, PgOptions options, MeterRegistry registry, Supplier<SealingKeys> keys) {
    return new PgJobStore(
        new PgTransactions(vertx, options, new StoreMeters(registry, Traces.NONE)), keys);
  }

  /** The audit log, through the same connections. */
  public AuditStore audit() {
    return new PgAudit(database);
  }

  @Override
  public Future<Inserted> insert(NewJob job, Admission limits) {
    if (!job.dedupe()) {
      return insertNew(job, limits);
    }
    return PgReuse.insert(database, job, values(job))
        .compose(
            reused ->
                reused
                    ? Future.succeededFuture(new Inserted(job.id(), true, true))
                    : insertNew(job, limits));
  }

  private Future<Inserted> insertNew(NewJob job, Admission limits) {
    Tuple row = values(job).addLong((long) limits.tenantJobsMax()).addLong((long) limits.jobsMax());
    return database
        .run(Sql.INSERT_JOB, row)
        .compose(
            rows ->
                rows.size() > 0
                    ? Future.succeededFuture(new Inserted(job.id(), true, true))
                    : replayed(job, limits));
  }

  private Tuple values(NewJob job) {
    return Tuple.tuple()
        .addUUID(job.id().value())
        .addLong(job.tenantId())
        .addString(job.idempotencyKey())
        .addString(job.requestHash())
        .addString(job.options().model())
        .addString(job.options().task().wire())
        .addString(job.options().prompt())
        .addString(job.options().language())
        .addString(job.audio().key().value())
        .addLong(job.audio().bytes())
        .addString(job.audio().sha256())
        .addString(job.fileName())
        .addString(job.contentType())
        .addString(ProtocolJson.write(job.options().decoding()))
        .addString(webhook(job))
        .addString(job.trail().requestId())
        .addString(job.trail().traceparent());
  }

  private @Nullable String webhook(NewJob job) {
    Webhook told = job.webhook();
    if (told == null) {
      return null;
    }
    String secret = told.secret();
    return ProtocolJson.write(
        secret == null
            ? told
            : told.withSecret(keys.get().seal(secret, PgWebhooks.owner(job.id()))));
  }

  private Future<Inserted> replayed(NewJob job, Admission limits) {
    Tuple key = Tuple.of(job.tenantId(), job.idempotencyKey(), job.id().value());
    return database
        .run(Sql.FIND_BY_KEY, key)
        .compose(
            rows -> {
              if (rows.size() == 0) {
                return tenants.refuse(job.tenantId(), limits);
              }
              Row first = rows.iterator().next();
              boolean same = first.getString("request_hash").equals(job.requestHash());
              return Future.succeededFuture(
                  new Inserted(new JobId(first.getUUID("id")), false, same));
            });
  }

  @Override
  public Future<Boolean> knows(long tenantId, String idempotencyKey) {
    return database
        .run(Sql.KNOWS_KEY, Tuple.of(tenantId, idempotencyKey))
        .map(rows -> rows.size() > 0);
  }

  @Override
  public Future<Void> putTenant(Tenant tenant) {
    return tenants.put(tenant);
  }

  @Override
  public Future<List<OpenJob>> openJobs(int limit) {
    return tenants.openJobs(limit);
  }

  @Override
  public Future<Optional<JobView>> find(long tenantId, JobId job) {
    return database
        .run(Sql.FIND_JOB, Tuple.of(job.value(), tenantId))
        .map(found -> rows(found).stream().findFirst().map(JobRows::view));
  }

  @Override
  public Future<Optional<JobView>> find(JobId job) {
    return database
        .run(Sql.FIND_JOB_OF_ANYBODY, Tuple.of(job.value()))
        .map(found -> rows(found).stream().findFirst().map(JobRows::view));
  }

  @Override
  public Future<List<ChunkResult>> results(JobId job) {
    return database
        .run(Sql.RESULTS, Tuple.of(job.value()))
        .map(found -> rows(found).stream().map(JobRows::result).toList());
  }

  @Override
  public Future<List<ChunkResult>> results(JobId job, int fromSeq, int limit) {
    return database
        .run(Sql.RESULTS_FROM, Tuple.of(job.value(), fromSeq, limit))
        .map(found -> rows(found).stream().map(JobRows::result).toList());
  }

  @Override
  public Future<Boolean> cancel(long tenantId, JobId job) {
    return database.transaction(
        tx ->
            query(tx, Sql.LOCK_JOB_OF_TENANT, Tuple.of(job.value(), tenantId))
                .compose(
                    found -> {
                      boolean open =
                          rows(found).stream()
                              .map(row -> JobState.fromWire(row.getString("state")))
                              .anyMatch(state -> !state.terminal());
                      return open
                          ? PgJobs.end(tx, job, JobState.CANCELLED, null, null).map(true)
                          : Future.succeededFuture(false);
                    }));
  }

  @Override
  public Future<Page> list(long tenantId, Query query) {
    return history.list(tenantId, query);
  }

  @Override
  public Future<Optional<Deleted>> delete(long tenantId, JobId job) {
    return history.delete(tenantId, job);
  }

  @Override
  public Future<List<JobId>> deleted(int limit) {
    return history.deleted(limit);
  }

  @Override
  public Future<Boolean> forget(JobId job, int chunks, RetentionStore.Witness witness) {
    return history.forget(job, chunks, witness);
  }

  @Override
  public WebhookStore webhooks() {
    return webhooks;
  }

  @Override
  public EndpointStore endpoints() {
    return endpoints;
  }

  @Override
  public Future<Void> register(NodeId node, String roles, String version, Duration ttl) {
    return database
        .run(Sql.REGISTER, Tuple.of(node.value(), roles, version, ttl.toMillis()))
        .mapEmpty();
  }

  @Override
  public Future<Boolean> renew(NodeId node, Duration ttl) {
    return database
        .run(Sql.RENEW, Tuple.of(node.value(), ttl.toMillis()))
        .map(rows -> rows.rowCount() > 0);
  }

  @Override
  public Future<Void> deregister(NodeId node) {
    return database.run(Sql.DEREGISTER, Tuple.of(node.value())).mapEmpty();
  }

  @Override
  public Future<List<Preparation>> claimPreparations(NodeId scheduler, int limit, Duration lease) {
    return claims.preparations(scheduler, limit, lease);
  }

  @Override
  public Future<Boolean> assignPreparation(JobId job, int attempt, NodeId ingest) {
    return preparations.assign(job, attempt, ingest);
  }

  @Override
  public Future<Commit> recordChunks(ChunksPrepared report, Duration lease) {
    return preparations.record(report, lease);
  }

  @Override
  public Future<Commit> failPreparation(PreparationFailed report) {
    return preparations.fail(report);
  }

  @Override
  public Future<Void> releasePreparation(JobId job, int attempt, Duration delay) {
    return preparations.release(job, attempt, delay);
  }

  @Override
  public Future<List<Lease>> claimChunks(
      NodeId scheduler, NodeId worker, Collection<String> models, int limit, Duration deadline) {
    return claims.chunks(scheduler, worker, models, limit, deadline);
  }

  @Override
  public Future<List<Suspect>> suspects(int limit) {
    return claims.suspects(limit);
  }

  @Override
  public Future<Optional<Lease>> claimSuspect(
      NodeId scheduler, NodeId worker, Collection<String> models, Duration deadline) {
    return claims.suspect(scheduler, worker, models, deadline);
  }

  @Override
  public Future<Commit> commit(ChunkTranscribed report) {
    return chunks.commit(report);
  }

  @Override
  public Future<Commit> fail(ChunkFailed report) {
    return chunks.fail(report);
  }

  @Override
  public Future<Boolean> lead(String duty, NodeId node, Duration ttl) {
    return database
        .run(Sql.LEAD, Tuple.of(duty, node.value(), ttl.toMillis()))
        .map(rows -> rows.rowCount() > 0);
  }

  @Override
  public Future<Optional<NodeId>> leader(String duty) {
    return database
        .run(Sql.LEADER, Tuple.of(duty))
        .map(found -> rows(found).stream().findFirst().map(row -> new NodeId(row.getUUID("node"))));
  }

  @Override
  public Future<Swept> sweep(int limit) {
    return sweeps.overdue(limit);
  }

  @Override
  public Future<Swept> releaseWork(NodeId scheduler, Collection<NodeId> lost, Duration fresh) {
    return sweeps.of(scheduler, lost, fresh);
  }

  @Override
  public Future<List<JobId>> uncleaned(int limit, Duration grace) {
    return database.run(Sql.UNCLEANED, Tuple.of(limit, grace.toMillis())).map(PgHistory::jobs);
  }

  @Override
  public Future<Void> markCleaned(JobId job, boolean uploadKept) {
    return database.run(Sql.MARK_CLEANED, Tuple.of(job.value(), uploadKept)).mapEmpty();
  }

  @Override
  public RetentionStore retention() {
    return retention;
  }

  @Override
  public Future<Backlog> backlog() {
    return database
        .run(Sql.BACKLOG, Tuple.of(Backlog.CHUNKS_COUNTED_MAX))
        .map(found -> JobRows.backlog(found.iterator().next()));
  }

  @Override
  public Future<Void> check() {
    return database.run(Sql.CHECK, Tuple.tuple()).mapEmpty();
  }

  public Future<Void> close() {
    return database.close();
  }
}
