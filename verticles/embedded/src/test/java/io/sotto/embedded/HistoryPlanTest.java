package io.sotto.embedded;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.sotto.protocol.JobState;
import io.sotto.storage.HistoryStore;
import io.sotto.storage.HistoryStore.Page;
import io.sotto.storage.HistoryStore.Place;
import io.sotto.storage.HistoryStore.Query;
import io.sotto.storage.HistoryStore.Sort;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.storage.RetentionStore;
import io.sotto.storage.RetentionStore.Usual;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.SqlClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A page of a history is read by an index, however long it is: 100,000 jobs, half of them of one
 * tenant.
 */
class HistoryPlanTest {
  private static final long LARGE = 1;
  private static final long SMALL = 2;
  private static final int LIMIT = 100;
  private static final long MICROS_MAX = 250_000;

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static PostgresServer postgres;
  private static PgJobStore jobs;
  private static SqlClient sql;

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
            """
            insert into job (id, tenant_id, request_hash, state, model, task, language, source_key, source_bytes,
                             source_sha256, audio_ms, created_at, started_at, finished_at, cleaned)
            select gen_random_uuid(), case when g % 2 = 0 then 1 else g % 99 + 1 end, '',
              case when g % 1000 = 0 then 'failed' else 'completed' end, 'm' || g % 3, 'transcribe',
              case when g % 10 = 0 then 'de' else 'en' end, 'uploads/' || g, 1, '', g % 7919,
              now() - g * interval '1 s', now() - g * interval '1 s', now() - g * interval '1 s', true
            from generate_series(1, 100000) g\
            """,
            "insert into tenant (id) select generate_series(2, 99)", "vacuum analyze")) {
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

  /** Counted by the server itself, over everything that the lists made it do. */
  private static long count(String what) {
    return await(
            sql.query("select " + what + " from pg_stat_user_tables where relname = 'job'")
                .execute())
        .iterator()
        .next()
        .getLong(0);
  }

  private static Query query(
      @Nullable JobState state,
      @Nullable String language,
      Sort sort,
      boolean ascending,
      @Nullable Place after,
      int skip) {
    return new Query(state, language, null, null, null, sort, ascending, after, skip, LIMIT);
  }

  @Test
  void noListReadsTheWholeTable() {
    long before = count("seq_scan");
    long indexed = count("idx_scan");
    List<Long> micros = new ArrayList<>();
    int lists = 0;
    for (long tenant : new long[] {LARGE, SMALL}) {
      for (Sort sort : Sort.values()) {
        for (boolean ascending : new boolean[] {true, false}) {
          Page first = list(micros, tenant, query(null, null, sort, ascending, null, 0));
          assertEquals(LIMIT, first.jobs().size());
          Place next = first.next();
          assertNotNull(next);
          list(micros, tenant, query(null, null, sort, ascending, next, 0));
          list(micros, tenant, query(JobState.FAILED, null, sort, ascending, null, 0));
          list(micros, tenant, query(null, "de", sort, ascending, null, 0));
          list(micros, tenant, query(null, null, sort, ascending, null, 400));
          lists += 5;
        }
      }
    }
    Page large = list(micros, LARGE, query(null, null, Sort.CREATED_AT, false, null, 0));
    assertEquals(HistoryStore.COUNTED_MAX + 1, large.total(), "more than are counted");
    // a connection tells its statistics when it ends, at the latest
    await(jobs.close());
    jobs = PgJobStore.create(vertx, postgres.options());
    long asked = lists;
    until(() -> Future.succeededFuture(count("idx_scan")), now -> now - indexed > asked);
    assertEquals(before, count("seq_scan"));
    micros.sort(null);
    System.out.printf(
        "page of 100,000 jobs: p50 %.1f ms, p99 %.1f ms%n",
        micros.get(micros.size() / 2) / 1e3, micros.get(micros.size() * 99 / 100) / 1e3);
    assertFalse(micros.get(micros.size() / 2) > MICROS_MAX, "a page takes a quarter of a second");
  }

  private static Page list(List<Long> micros, long tenant, Query query) {
    long begun = System.nanoTime();
    Page page = await(jobs.list(tenant, query));
    micros.add((System.nanoTime() - begun) / 1000);
    return page;
  }

  @Test
  void whatIsKeptLongEnoughIsFoundByAnIndexOfEachTenant() {
    long before = count("seq_scan");
    long indexed = count("idx_scan");
    RetentionStore retention = jobs.retention();
    Duration hour = Duration.ofHours(1);
    Usual brief = new Usual(hour, hour, hour);
    assertEquals(List.of(), await(retention.expired(Usual.ALL, LIMIT)));
    assertEquals(List.of(), await(retention.worn(Usual.ALL, LIMIT)));
    assertEquals(LIMIT, await(retention.expired(brief, LIMIT)).size());
    assertEquals(LIMIT, await(retention.worn(brief, LIMIT)).size());
    await(jobs.close());
    jobs = PgJobStore.create(vertx, postgres.options());
    until(() -> Future.succeededFuture(count("idx_scan")), now -> now > indexed);
    assertEquals(before, count("seq_scan"));
  }
}
