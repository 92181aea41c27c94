package io.sotto.embedded;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.Task;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.AuditLog;
import io.sotto.storage.Fsck;
import io.sotto.storage.FsckJob;
import io.sotto.storage.JobView;
import io.sotto.storage.Migrations;
import io.sotto.storage.NewJob;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.storage.RetentionStore.Expired;
import io.sotto.storage.RetentionStore.Usual;
import io.sotto.storage.RetentionStore.Witness;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Tenant;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookFormat;
import io.sotto.testkit.FakeAudioStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A5: what is deleted is in no table any more, and what is left contradicts nothing. */
class DeletionTest {
  private static final String CANARY = "canary";
  private static final int RACES = 40;
  private static final List<String> TABLES =
      List.of("job", "chunk", "chunk_result", "outbox", "endpoint_outbox", "webhook_try");

  @TempDir private static Path folder;
  private static Vertx vertx;
  private static PostgresServer postgres;
  private static PgJobStore store;

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

  private static Connection connect() throws SQLException {
    PgOptions server = postgres.options();
    String url = "jdbc:postgresql://%s:%d/%s";
    return DriverManager.getConnection(
        url.formatted(server.host(), server.port(), server.database()),
        server.user(),
        server.password());
  }

  private static void sql(String statement) throws SQLException {
    try (Connection connection = connect();
        Statement change = connection.createStatement()) {
      change.execute(statement);
    }
  }

  private static long rows(String where) throws SQLException {
    long found = 0;
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String table : TABLES) {
        String count = "select count(*) from " + table + " r where " + where;
        try (ResultSet row = statement.executeQuery(count)) {
          row.next();
          found += row.getLong(1);
        }
      }
    }
    return found;
  }

  private static JobId withCanaries() {
    JobId id = JobId.create(System.currentTimeMillis());
    TranscriptionOptions options =
        new TranscriptionOptions("m", "en", Task.TRANSCRIBE, CANARY + " of the prompt");
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 9, CANARY);
    Webhook webhook =
        new Webhook("https://canary.example/a", "canary.example", CANARY, WebhookFormat.STANDARD);
    NewJob job = new NewJob(id, 1, CANARY, CANARY, options, audio, CANARY, CANARY);
    await(store.insert(job.withWebhook(webhook).with(new Trail(CANARY, null))));
    await(store.cancel(1, id));
    return id;
  }

  @Test
  void noWordOfADeletedJobIsLeftInAnyTable() throws SQLException {
    JobId job = withCanaries();
    String canary = "r::text like '%" + CANARY + "%'";
    assertEquals(2, rows(canary), "the job and its event");
    await(store.delete(1, job));
    assertEquals(0, rows(canary));
    assertEquals(1, rows("r::text like '%" + job + "%'"), "what the cleaner goes by");
    await(store.forget(job));
    assertEquals(0, rows("r::text like '%" + job + "%'"));
  }

  @Test
  void jobsOfAnyStateAreDeletedWithoutAContradiction() throws SQLException {
    JobLives lives = new JobLives(store, new FakeAudioStore());
    List<JobId> jobs =
        List.of(lives.accepted(), lives.running(), lives.completed(), lives.failed());
    for (JobId job : jobs) {
      assertTrue(await(store.delete(1, job)).isPresent());
    }
    assertEquals(List.of(), Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations());
    for (JobId job : jobs) {
      await(store.forget(job));
      assertEquals(0, rows("r::text like '%" + job + "%'"));
    }
    assertEquals(List.of(), Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations());
  }

  /** A result that is being copied is not deleted before it is; of one that was, nothing is. */
  @Test
  void aCopyIsWholeOrNoneWhenItsOriginalIsDeletedMeanwhile() {
    JobLives lives = new JobLives(store, new FakeAudioStore());
    await(store.delete(1, lives.accepted()));
    for (int i = 0; i < RACES; i++) {
      JobView first = await(store.find(1, lives.completed())).orElseThrow();
      JobId id = JobId.create(System.currentTimeMillis());
      StoredAudio same =
          new StoredAudio(AudioKey.upload(id), first.audioBytes(), first.audioSha256());
      NewJob copy = new NewJob(id, 1, null, "h", first.options(), same, null, null);
      Future<?> inserted = store.insert(copy.withDedupe());
      Future<?> deleted = store.delete(1, first.id());
      await(Future.all(inserted, deleted));
      JobView made = await(store.find(1, id)).orElseThrow();
      boolean copied = made.state() == JobState.COMPLETED;
      assertEquals(copied ? 4 : 0, await(store.results(id)).size());
      assertEquals(copied ? JobState.COMPLETED : JobState.ACCEPTED, made.state());
      await(store.cancel(1, id));
    }
    assertEquals(List.of(), Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations());
  }

  /** What a backup would say that the results were: SHA-256 over the SHA-256 of each. */
  private static String resultsSha256(JobId job) throws Exception {
    MessageDigest all = MessageDigest.getInstance("SHA-256");
    String bodies = "select body::text from chunk_result where job_id = '" + job + "' order by seq";
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(bodies)) {
      while (row.next()) {
        byte[] body = row.getString(1).getBytes(StandardCharsets.UTF_8);
        all.update(MessageDigest.getInstance("SHA-256").digest(body));
      }
    }
    return HexFormat.of().formatHex(all.digest());
  }

  /** With a scheduler in the register of nodes, without which nothing is claimed. */
  private static JobLives lives(FakeAudioStore audio) {
    JobLives lives = new JobLives(store, audio);
    JobId first = lives.accepted();
    await(store.delete(1, first));
    await(store.forget(first));
    return lives;
  }

  private static Expired expire(JobId job) {
    await(store.putTenant(new Tenant(1, "", 1, null, null, Duration.ZERO)));
    try {
      return until(
              () -> store.retention().expire(job, Usual.ALL, new Witness("node-1")),
              Optional::isPresent)
          .orElseThrow();
    } finally {
      await(store.putTenant(Tenant.ONLY));
    }
  }

  @Test
  void whatWasKeptLongEnoughIsGoneAndTheAuditLogProvesWhatItWas() throws Exception {
    FakeAudioStore audio = new FakeAudioStore();
    JobId job = lives(audio).completed();
    JobView view = await(store.find(1, job)).orElseThrow();
    String results = resultsSha256(job);
    assertFalse(FsckJob.look(postgres.options(), audio, job.value()).gone());
    Expired expired = expire(job);
    assertEquals(results, expired.resultsSha256());
    assertEquals(view.audioSha256(), expired.audioSha256());
    assertEquals(List.of(), Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations());
    int chunks = await(audio.deleteAll(AudioKey.chunkPrefix(job)));
    await(audio.delete(AudioKey.upload(job)));
    assertTrue(await(store.forget(job, chunks, new Witness("node-1"))));
    FsckJob.Report left = FsckJob.look(postgres.options(), audio, job.value());
    assertTrue(left.gone(), left::toString);
    List<AuditLog.Line> log = left.log();
    assertEquals(
        List.of("job.expired", "job.erased"), log.stream().map(AuditLog.Line::action).toList());
    assertTrue(log.getFirst().detail().contains("results=4"), log::toString);
    assertTrue(log.getFirst().detail().contains("results_sha256=" + results), log::toString);
    assertEquals("chunks=4", log.getLast().detail());
    assertEquals(1L, log.getLast().tenant());
    assertEquals(List.of(), AuditLog.verify(postgres.options(), null).faults());
    assertEquals(List.of(), Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations());
  }

  /** A hand in the tables, or a backup of part of them, brings a deleted job back. */
  @Test
  void fsckSeesWhatCameBackOfADeletedJob() throws Exception {
    JobId job = lives(new FakeAudioStore()).completed();
    sql("create table kept as select * from chunk where job_id = '" + job + "'");
    expire(job);
    sql("insert into chunk select * from kept limit 1");
    sql(
        "update job set chunks_total = 1, chunks_done = 1, done_ms = 1000 where id = '"
            + job
            + "'");
    sql("update chunk set state = 'cancelled' where job_id = '" + job + "'");
    sql(
        "update job set chunks_done = 0, done_ms = 0, state = 'cancelled' where id = '"
            + job
            + "'");
    assertEquals("it was deleted, and its chunks are there", found().what());
    sql("delete from chunk where job_id = '" + job + "'");
    sql("update job set chunks_total = 0 where id = '" + job + "'");
    sql("update job set deleted_at = now() - interval '25 h' where id = '" + job + "'");
    assertTrue(found().what().startsWith("it was deleted at "), found()::what);
    assertEquals(Fsck.Severity.STUCK, found().severity());
    assertTrue(await(store.forget(job, 4, new Witness("node-1"))));
    sql("insert into chunk select * from kept limit 1");
    List<String> whats =
        Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations().stream()
            .filter(violation -> violation.invariant().equals("I10"))
            .map(Fsck.Violation::what)
            .toList();
    assertEquals(1, whats.size(), whats::toString);
    assertTrue(whats.getFirst().contains("there are rows of it"), whats::toString);
    sql("delete from chunk where job_id = '" + job + "'");
    sql("drop table kept");
    sql("insert into webhook_try values ('msg_0', 1, now(), 200, null, null, 1)");
    assertEquals("there is no event msg_0 of which tries are kept", found().what());
    sql("delete from webhook_try where outbox_id = 'msg_0'");
    assertEquals(List.of(), Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations());
  }

  private static Fsck.Violation found() {
    List<Fsck.Violation> found = Fsck.check(postgres.options(), Fsck.Bounds.USUAL).violations();
    assertEquals(1, found.size(), found::toString);
    assertEquals("I10", found.getFirst().invariant());
    return found.getFirst();
  }

  /** Two nodes that both believe to lead delete a job once, and write it down once. */
  @Test
  void twoNodesAtATimeDeleteOnce() {
    JobLives lives = lives(new FakeAudioStore());
    await(store.putTenant(new Tenant(1, "", 1, null, null, Duration.ofMillis(1))));
    for (int i = 0; i < RACES; i++) {
      JobId job = lives.failed();
      until(() -> store.retention().expired(Usual.ALL, 1000), due -> due.contains(job));
      Future<Optional<Expired>> one =
          store.retention().expire(job, Usual.ALL, new Witness("node-1"));
      Future<Optional<Expired>> other =
          store.retention().expire(job, Usual.ALL, new Witness("node-2"));
      await(Future.all(one, other));
      assertTrue(one.result().isPresent() != other.result().isPresent());
      await(store.forget(job));
    }
    await(store.putTenant(Tenant.ONLY));
    assertEquals(List.of(), AuditLog.verify(postgres.options(), null).faults());
  }
}
