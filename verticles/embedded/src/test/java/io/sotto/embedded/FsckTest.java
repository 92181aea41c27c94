package io.sotto.embedded;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.SottoException;
import io.sotto.storage.Fsck;
import io.sotto.storage.Fsck.Violation;
import io.sotto.storage.FsckAudio;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.testkit.FakeAudioStore;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A database as the product leaves it, and each thing that may be wrong with it. */
class FsckTest {
  @TempDir private static Path folder;
  private static Vertx vertx;
  private static PostgresServer postgres;
  private static PgJobStore store;
  private final FakeAudioStore audio = new FakeAudioStore();
  private final JobLives lives = new JobLives(store, audio);
  private JobId accepted;
  private JobId running;
  private JobId completed;
  private JobId failed;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    postgres = PostgresServer.start(folder, Caches.folder());
    Migrations.run(postgres.options());
    store = PgJobStore.create(vertx, postgres.options());
  }

  @AfterAll
  static void stop() {
    await(store.close());
    await(vertx.close());
    postgres.close();
  }

  @BeforeEach
  void live() {
    accepted = lives.accepted();
    running = lives.running();
    completed = lives.completed();
    failed = lives.failed();
  }

  @AfterEach
  void empty() throws SQLException {
    sql("truncate job, chunk, chunk_result, node, duty");
  }

  private static void sql(String... statements) throws SQLException {
    PgOptions server = postgres.options();
    String url = "jdbc:postgresql://%s:%d/%s";
    try (Connection connection =
            DriverManager.getConnection(
                url.formatted(server.host(), server.port(), server.database()),
                server.user(),
                server.password());
        Statement statement = connection.createStatement()) {
      for (String one : statements) {
        statement.execute(one);
      }
    }
  }

  private static List<Violation> found() {
    return Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations();
  }

  /** {@code :running} and so on stand for the ids of this test's jobs. */
  private String filled(String statement) {
    return statement
        .replace(":accepted", "'" + accepted + "'")
        .replace(":running", "'" + running + "'")
        .replace(":completed", "'" + completed + "'")
        .replace(":failed", "'" + failed + "'");
  }

  @Test
  void whatTheProductLeavesIsClean() {
    Fsck.Report report = Fsck.check(postgres.options(), Fsck.Bounds.USUAL);
    assertEquals(List.of(), report.violations());
    assertEquals(4, report.jobs());
    assertEquals(10, report.chunks());
  }

  /** Of the running job's four chunks the first is done, the second leased, the others ready. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "I1 | update chunk set state = 'done', owner = null where job_id = :running and seq = 1;"
            + " insert into chunk_result select job_id, 1, 1, node, jsonb_set(body, '{segments}',"
            + " '[]') from chunk_result where job_id = :running; update chunk set state = 'held'"
            + " where job_id = :running and seq > 1; update job set chunks_done = 2, done_ms = 2000"
            + " where id = :running | 2 chunks are held until chunk 0 names the language, which is"
            + " done",
        "I1 | update chunk set run_at = now() + interval '2 h' where job_id = :running and seq = 2"
            + " | it is ready, but not before",
        "I1 | update job set run_at = now() + interval '2 h' where id = :accepted"
            + " | it is accepted, but not before",
        "I1 | update job set state = 'running', finished_at = null where id = :completed"
            + " | it is running, but none of its chunks is held, ready or leased",
        "I2 | delete from chunk_result where job_id = :completed and seq = 1"
            + " | it is done, but has no result",
        "I2 | insert into chunk_result select job_id, 2, 1, node, jsonb_set(body, '{segments}',"
            + " '[]') from chunk_result where job_id = :running | it has a result, but is ready",
        "I3 | update job set chunks_done = 3 where id = :running"
            + " | chunks_done is 3, but 1 chunks are done",
        "I3 | update job set done_ms = 7 where id = :completed"
            + " | done_ms is 7, but its done chunks last 4000 ms",
        "I3 | update job set chunks_total = 5 where id = :running"
            + " | chunks_total is 5, but there are 4 chunks",
        "I3 | insert into chunk (job_id, seq, state, model, start_ms, end_ms, s3_key, sha256,"
            + " bytes) values (gen_random_uuid(), 0, 'ready', 'm', 0, 1, 'k', 's', 1) | there is no"
            + " such job",
        "I4 | update chunk_result set attempt = 7 where job_id = :completed and seq = 0"
            + " | its result is of attempt 7, the chunk of attempt 1",
        "I5 | update chunk set deadline_at = now() - interval '31 s' where state = 'leased'"
            + " | and was not given back",
        "I5 | update node set lease_until = now() - interval '31 s'" + " | its scheduler",
        "I5 | update chunk set deadline_at = null where state = 'leased'"
            + " | it is leased without a deadline",
        "I5 | update job set state = 'preparing', deadline_at = now() - interval '31 s'"
            + " where id = :accepted"
            + " | its preparation ran out at",
        "I6 | update chunk set state = 'ready' where job_id = :failed and state = 'cancelled'"
            + " | it is ready, but its job is failed",
        "I6 | update chunk set state = 'dead' where job_id = :running and seq = 3"
            + " | it is dead, but its job is running",
        "I6 | update job set owner = gen_random_uuid() where id = :completed"
            + " | it is completed, but still owned by",
        "I6 | update chunk set owner = gen_random_uuid() where job_id = :running and seq = 3"
            + " | it is ready, but still owned by",
        "I6 | update job set finished_at = null where id = :failed"
            + " | it is failed, but without the time when it ended",
        "I7 | update chunk set start_ms = 2900 where job_id = :running and seq = 3"
            + " | it begins at 2900 ms, before the last one ends at 3000 ms",
        "I7 | update job set audio_ms = 3999 where id = :running"
            + " | it ends at 4000 ms, after the recording at 3999 ms",
        "I7 | update chunk set seq = 4 where job_id = :running and seq = 3"
            + " | 3 chunks come before it, not 4",
        "I7 | update chunk set end_ms = start_ms where job_id = :running and seq = 2"
            + " | it lasts from 2000 to 2000 ms",
        "I7 | update chunk_result set body = jsonb_set(body, '{segments,0,end}', '9')"
            + " where job_id = :completed and seq = 2"
            + " | is out of place in a chunk of 2000 to 3000 ms",
        "I7 | update chunk_result set body = jsonb_set(body, '{segments,0,start}',"
            + " to_jsonb('x'::text)) where job_id = :completed and seq = 2 | to 3.0 s, is out of"
            + " place",
        "I7 | update chunk_result set body = body - 'segments' where job_id = :completed and seq ="
            + " 3 | its result has no list of segments",
      })
  void eachViolationIsFoundAlone(String invariant, String damage, String what) throws SQLException {
    sql(filled(damage).split("; ?"));
    List<Violation> found = found();
    assertEquals(
        List.of(invariant), found.stream().map(Violation::invariant).toList(), found::toString);
    assertTrue(found.getFirst().what().contains(what), found::toString);
    assertTrue(!found.getFirst().remedy().isBlank());
  }

  @Test
  void aLongListIsCut() throws SQLException {
    sql("update chunk_result set attempt = 9");
    Fsck.Bounds two = new Fsck.Bounds(2, Duration.ofSeconds(60), Duration.ZERO, Duration.ofDays(1));
    Fsck.Report report = Fsck.check(postgres.options(), two);
    assertEquals(2, report.violations().size());
    assertEquals(List.of("I4"), report.cut());
  }

  @Test
  void textsOfOldJobsAreReadWhenAskedFor() throws SQLException {
    String old = "'00000000-0000-7000-8000-000000000000'";
    for (String table : List.of("chunk", "chunk_result")) {
      sql("update " + table + " set job_id = " + old + " where job_id = '" + completed + "'");
    }
    sql(
        "update job set id = " + old + " where id = '" + completed + "'",
        "update chunk_result set body = body - 'segments' where seq = 3");
    Fsck.Report report = Fsck.check(postgres.options(), Fsck.Bounds.USUAL);
    assertEquals(List.of(), report.violations());
    assertTrue(report.notes().contains("texts of jobs older than 7 days were not read"));
    Duration all = Duration.ofDays(36_500);
    Fsck.Bounds bounds = new Fsck.Bounds(20, Duration.ofSeconds(60), Duration.ZERO, all);
    assertEquals(1, Fsck.check(postgres.options(), bounds).violations().size());
  }

  @Test
  void theOutboxIsCheckedWhereThereIsOne() throws SQLException {
    sql("drop table if exists outbox");
    assertEquals(
        List.of(
            "no outbox: I9 was not checked",
            "no outbox, or a schema of before retention: I10 was not checked"),
        Fsck.check(postgres.options(), Fsck.Bounds.USUAL).notes());
    sql(
        "create table outbox (id text primary key, job_id uuid, type text)",
        "alter table job add column if not exists webhook jsonb");
    assertEquals(List.of(), Fsck.check(postgres.options(), Fsck.Bounds.USUAL).notes());
    sql("update job set webhook = '{}' where state <> 'failed'");
    assertEquals(List.of("it is completed and was to be announced, but has no event"), whats());
    String event = "insert into outbox values ('%s', '%s', 'transcription.completed')";
    sql(event.formatted("a", completed));
    assertEquals(List.of(), whats());
    sql(event.formatted("b", completed), event.formatted("c", running));
    assertEquals(
        List.of(
            "it has 2 events of the type transcription.completed",
            "an event says transcription.completed, but it is running"),
        whats());
    sql("drop table outbox");
  }

  @Test
  void anEndpointIsNotToldOfAJobThatGoesOn() throws SQLException {
    sql(
        """
        insert into endpoint_outbox (id, endpoint_id, tenant_id, job_id, type)
        values ('e', gen_random_uuid(), 1, '%s', 'transcription.completed')\
        """
            .formatted(running));
    assertEquals(List.of("an event says transcription.completed, but it is running"), whats());
    sql("delete from endpoint_outbox");
  }

  private static List<String> whats() {
    return found().stream().map(Violation::what).toList();
  }

  @Test
  void aServerThatCannotBeAskedIsNotCalledClean() throws SQLException {
    PgOptions there = postgres.options();
    PgOptions nobody =
        new PgOptions("127.0.0.1", 1, there.database(), there.user(), "x", 1, "disable");
    SottoException down =
        assertThrows(SottoException.class, () -> Fsck.check(nobody, Fsck.Bounds.USUAL));
    assertEquals(FailureCode.STORE_DOWN, down.code());
    assertTrue(down.reason().contains("is it running"), down.reason());
    sql("alter table job rename to elsewhere");
    try {
      SottoException bare = assertThrows(SottoException.class, FsckTest::found);
      assertTrue(bare.reason().contains("no node has used it yet"), bare.reason());
    } finally {
      sql("alter table elsewhere rename to job");
    }
  }

  // ---- the bucket

  private List<String> inBucket(Instant now, boolean keepAudio) {
    Instant before = now.minus(Duration.ofHours(24));
    return FsckAudio.check(postgres.options(), audio, keepAudio, 20, before).violations().stream()
        .map(violation -> violation.object() + ": " + violation.what())
        .sorted()
        .collect(Collectors.toList());
  }

  @Test
  void whatIsNeededMustBeThere() {
    assertEquals(List.of(), inBucket(Instant.now(), false));
    audio.delete(lives.upload(accepted));
    audio.delete(lives.upload(running));
    audio.delete(lives.chunk(running, 0));
    audio.delete(lives.chunk(running, 2));
    audio.put(lives.chunk(running, 3), new byte[3]);
    assertEquals(
        List.of(
            lives.chunk(running, 2) + ": its audio is not in the bucket",
            lives.chunk(running, 3) + ": its audio is of 3 bytes, 10 were stored",
            lives.upload(accepted) + ": its audio is not in the bucket"),
        inBucket(Instant.now(), false));
  }

  @Test
  void whatNobodyNeedsIsAnOrphanAfterADay() throws SQLException {
    sql("update job set cleaned = true where id = '" + completed + "'");
    JobId unknown = JobId.create(0);
    await(audio.put(lives.upload(unknown), new byte[1]));
    assertEquals(List.of(), inBucket(Instant.now(), false), "it may be inserted at any moment");
    Instant tomorrow = Instant.now().plus(Duration.ofHours(25));
    String unowned = lives.upload(unknown) + ": there is no job that it belongs to";
    String uncleaned = lives.upload(completed) + ": its job has ended and was cleaned up";
    String chunk = lives.chunk(completed, 0) + ": its job has ended and was cleaned up";
    assertEquals(
        List.of(chunk, unowned, uncleaned).stream().sorted().toList(), inBucket(tomorrow, false));
    assertEquals(List.of(chunk, unowned).stream().sorted().toList(), inBucket(tomorrow, true));
  }
}
