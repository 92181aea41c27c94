package io.sotto.storage;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.embedded.PostgresServer;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Traces;
import io.sotto.storage.JobStore.Lease;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Claims under a transaction that is held open: 8,000 chunks were claimed since it began, and each
 * left a dead row at the front of its queue.
 */
class HeldSnapshotTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home"));
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int CHUNKS = 9_000;
  private static final int BATCH = 1_000;
  private static final Pattern BLOCKS = Pattern.compile("shared hit=(\\d+)(?: read=(\\d+))?");

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static PostgresServer postgres;
  private static PgTransactions database;
  private static PgConnection holder;
  private static PgConnection asker;
  private static final NodeId NODE = NodeId.create();

  /** Every reading is a millisecond later than the last. */
  private final AtomicLong ms = new AtomicLong();

  private final Fronts fronts =
      new Fronts(() -> TimeUnit.MILLISECONDS.toNanos(ms.incrementAndGet()));
  private final PgTurns turns = new PgTurns(database, fronts);

  @BeforeAll
  static void pileUp() {
    vertx = Vertx.vertx();
    postgres = PostgresServer.start(folder.resolve("pg"), HOME.resolve("target/cache"));
    Migrations.run(postgres.options());
    database =
        new PgTransactions(
            vertx, postgres.options(), new StoreMeters(new SimpleMeterRegistry(), Traces.NONE));
    holder = connect(postgres.options());
    asker = connect(postgres.options());
    run(
        """
        insert into job (id, tenant_id, request_hash, state, model, task, source_key, source_bytes, source_sha256)
        values (gen_random_uuid(), 1, '', 'running', 'm', 'transcribe', 'uploads/1', 1, '')\
        """);
    run(
        """
        insert into chunk (job_id, seq, state, model, start_ms, end_ms, s3_key, sha256, bytes, tenant_id, vtime)
        select id, s, 'ready', 'm', s * 1000, s * 1000 + 1000, 'chunks/' || s, '', 1, 1, s * 1000
        from job, generate_series(1, %d) s\
        """
            .formatted(CHUNKS));
    run("analyze");
    run("insert into node values ('" + NODE + "', '', '', now() + interval '1 h')");
    await(holder.query("begin isolation level repeatable read").execute());
    await(holder.query("select pg_current_xact_id(), count(*) from job").execute());
    PgTurns first = new PgTurns(database, new Fronts(System::nanoTime));
    for (int claimed = 0; claimed < CHUNKS - BATCH; claimed += BATCH) {
      assertEquals(BATCH, await(first.claim(NODE, NODE, List.of("m"), BATCH, LONG)).size());
    }
  }

  private static PgConnection connect(PgOptions options) {
    PgConnectOptions to =
        new PgConnectOptions()
            .setHost(options.host())
            .setPort(options.port())
            .setDatabase(options.database())
            .setUser(options.user())
            .setPassword(options.password());
    return await(PgConnection.connect(vertx, to));
  }

  private static void run(String statement) {
    await(asker.query(statement).execute());
  }

  @AfterAll
  static void stop() {
    await(holder.close());
    await(asker.close());
    await(database.close());
    await(vertx.close());
    postgres.close();
  }

  private Lease claim() {
    return await(turns.claim(NODE, NODE, List.of("m"), 1, LONG)).getFirst();
  }

  /** Pages that the statement touches, as the server counts them; nothing of it stays. */
  private static long blocks(String sql, Tuple parameters) {
    await(asker.query("begin").execute());
    Future<RowSet<Row>> asked =
        asker.preparedQuery("explain (analyze, buffers) " + sql).execute(parameters);
    // the first line that tells of pages is that of the whole statement
    Matcher said =
        PgTransactions.rows(await(asked)).stream()
            .map(row -> BLOCKS.matcher(row.getString(0)))
            .filter(Matcher::find)
            .findFirst()
            .orElseThrow();
    await(asker.query("rollback").execute());
    return Long.parseLong(said.group(1))
        + (said.group(2) == null ? 0 : Long.parseLong(said.group(2)));
  }

  @Test
  void aClaimPassesNoneOfThem() {
    claim();
    Tuple who = Tuple.of(NODE.value(), NODE.value(), 1, LONG.toMillis());
    Tuple known = PgTurns.parameters(who, fronts.known(List.of("m")));
    long claim = blocks(FairSql.CLAIM_CHUNKS, known);
    long look = blocks(FairSql.FRONTS, Tuple.tuple());
    assertTrue(look > 150, () -> "there should be dead rows to pass: " + look);
    assertTrue(claim < 100, () -> "pages read by a claim: " + claim);
  }

  @Test
  void thePageForOperatorsHasTheStatementThatFindsWhoHoldsIt() throws IOException {
    String page = Files.readString(HOME.resolve("docs/operations/tune.md"));
    Matcher statement = Pattern.compile("```sql\\n(.*?);\\n```", Pattern.DOTALL).matcher(page);
    assertTrue(statement.find());
    Row first = await(asker.query(statement.group(1)).execute()).iterator().next();
    assertEquals(holder.processId(), first.getInteger("pid"));
  }

  @Test
  void whatAnotherSchedulerGaveBackHasItsPlaceAgainAfterTwoSeconds() {
    Lease lost = claim();
    claim();
    PgChunks another = new PgChunks(database, new Fronts(System::nanoTime));
    ChunkFailed leaves =
        new ChunkFailed(
            lost.chunk(), lost.attempt(), NODE, FailureCode.DRAINING, "it leaves", false);
    assertTrue(await(another.fail(leaves)).accepted());
    ms.addAndGet(2_000);
    assertEquals(lost.chunk(), claim().chunk());
  }

  @Test
  void whatThisOneGaveBackHasItAtOnce() {
    Lease lost = claim();
    claim();
    ChunkFailed leaves =
        new ChunkFailed(
            lost.chunk(), lost.attempt(), NODE, FailureCode.DRAINING, "it leaves", false);
    assertTrue(await(new PgChunks(database, fronts).fail(leaves)).accepted());
    assertEquals(lost.chunk(), claim().chunk());
  }

  @Test
  void whereTheKnownFrontGivesNothingItLooksAtOnce() {
    claim();
    long last = fronts.known(List.of("m")).fronts().getFirst().vtime();
    fronts.claimed(
        fronts.known(List.of("m")),
        Map.of(new Fronts.Queue(1, "m"), last + (long) CHUNKS * 1000),
        0);
    claim();
  }
}
