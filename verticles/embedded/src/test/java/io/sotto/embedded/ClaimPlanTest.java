package io.sotto.embedded;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.NodeId;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A claim finds its way by indexes alone, however long the queue: 100,000 chunks of 50 tenants. */
class ClaimPlanTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int CLAIMS = 100;
  private static final int BATCH = 8;
  private static final int TENANTS = 50;

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static PostgresServer postgres;
  private static PgJobStore jobs;
  private static SqlClient sql;
  private final NodeId scheduler = NodeId.create();
  private final NodeId worker = NodeId.create();

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    postgres = PostgresServer.start(folder.resolve("pg"), Caches.folder());
    Migrations.run(postgres.options());
    jobs = PgJobStore.create(vertx, postgres.options());
    PgOptions options = postgres.options();
    PgConnectOptions connect =
        new PgConnectOptions()
            .setHost(options.host())
            .setPort(options.port())
            .setDatabase(options.database())
            .setUser(options.user())
            .setPassword(options.password());
    sql = PgBuilder.client().connectingTo(connect).using(vertx).build();
    for (String statement :
        List.of(
            "insert into tenant (id, leases_max) select g, nullif(g % 2, 0) * 10000 from"
                + " generate_series(2, 50) g",
            """
            insert into job (id, tenant_id, request_hash, state, model, task, source_key, source_bytes, source_sha256)
            select gen_random_uuid(), g % 50 + 1, '', case when (g / 50) % 10 = 0 then 'running' else 'accepted' end, 'm',
              'transcribe', 'uploads/' || g, 1, '' from generate_series(1, 10000) g\
            """,
            """
            insert into chunk (job_id, seq, state, model, start_ms, end_ms, s3_key, sha256, bytes, tenant_id, vtime)
            select id, s, 'ready', case when s % 2 = 0 then 'm' else 'nobody-has-it' end, s * 30000, s * 30000 + 30000,
              'chunks/' || id || '/1', repeat('ab', 32), 1, tenant_id, s * 30000
            from job, generate_series(0, 99) s where state = 'running'\
            """,
            "analyze")) {
      await(sql.query(statement).execute());
    }
  }

  @AfterAll
  static void stop() {
    await(sql.close());
    await(jobs.close());
    await(vertx.close());
    postgres.close();
  }

  private static long number(String query) {
    Row row = await(sql.query(query).execute()).iterator().next();
    return row.getLong(0) == null ? 0 : row.getLong(0);
  }

  /** Counted by the server itself, over everything that the claims made it do. */
  private static long count(String what) {
    return number(
        "select sum(" + what + ") from pg_stat_user_tables where relname in ('chunk', 'job')");
  }

  @Test
  void noClaimReadsTheWholeQueue() {
    await(jobs.register(scheduler, "scheduler", "test", LONG));
    long before = count("seq_scan");
    long indexed = count("idx_scan");
    Set<Object> seen = new HashSet<>();
    List<Long> micros = new ArrayList<>();
    for (int i = 0; i < CLAIMS; i++) {
      long begun = System.nanoTime();
      List<Lease> got = await(jobs.claimChunks(scheduler, worker, List.of("m"), BATCH, LONG));
      micros.add((System.nanoTime() - begun) / 1000);
      assertEquals(BATCH, got.size());
      got.forEach(lease -> assertTrue(seen.add(lease.chunk())));
      await(jobs.claimPreparations(scheduler, 2, LONG));
    }
    // a connection tells its statistics when it ends, at the latest
    await(jobs.close());
    jobs = PgJobStore.create(vertx, postgres.options());
    until(
        () -> Future.succeededFuture(count("idx_scan")),
        now -> now - indexed > (long) CLAIMS * TENANTS);
    assertEquals(before, count("seq_scan"));
    micros.sort(null);
    System.out.printf(
        "claim of %d among 100,000: p50 %.1f ms, p99 %.1f ms%n",
        BATCH, micros.get(CLAIMS / 2) / 1e3, micros.get(CLAIMS - 1) / 1e3);
    assertFalse(micros.get(CLAIMS / 2) > 250_000, "a claim takes a quarter of a second");
  }
}
