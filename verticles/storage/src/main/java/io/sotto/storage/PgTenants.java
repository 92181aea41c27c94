package io.sotto.storage;

import io.sotto.protocol.JobId;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.storage.TenantStore.OpenJob;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The half of the job store that knows whose work is waiting. */
final class PgTenants {
  private final PgTransactions database;

  PgTenants(PgTransactions database) {
    this.database = database;
  }

  Future<Void> put(Tenant tenant) {
    Tuple row =
        Tuple.tuple()
            .addLong(tenant.id())
            .addString(tenant.name())
            .addDouble(tenant.weight())
            .addInteger(tenant.leasesMax())
            .addLong(millis(tenant.keepAudio()))
            .addLong(millis(tenant.keepTranscripts()));
    return database.run(FairSql.PUT_TENANT, row).mapEmpty();
  }

  private static @Nullable Long millis(@Nullable Duration kept) {
    return kept == null ? null : kept.toMillis();
  }

  Future<List<OpenJob>> openJobs(int limit) {
    return database
        .run(FairSql.OPEN_JOBS, Tuple.of((long) limit))
        .map(rows -> PgTransactions.rows(rows).stream().map(PgTenants::open).toList());
  }

  private static OpenJob open(Row row) {
    return new OpenJob(
        new JobId(row.getUUID("id")),
        row.getLong("tenant_id"),
        row.getDouble("weight"),
        row.getLong("left_ms"));
  }

  /** Why nothing was inserted under no key that is known: which limit is reached. */
  <T> Future<T> refuse(long tenantId, Admission limits) {
    Tuple counted = Tuple.of(tenantId, (long) limits.tenantJobsMax(), (long) limits.jobsMax());
    return database
        .run(FairSql.COUNT_OPEN, counted)
        .compose(
            rows -> {
              Row open = rows.iterator().next();
              boolean own = open.getLong("own") >= limits.tenantJobsMax();
              return Future.failedFuture(own ? limits.tenantFull() : limits.allFull());
            });
  }
}
