package io.sotto.embedded;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.Task;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.Fsck;
import io.sotto.storage.JobView;
import io.sotto.storage.Migrations;
import io.sotto.storage.NewJob;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookFormat;
import io.sotto.testkit.FakeAudioStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A5: what is deleted is in no table any more, and what is left contradicts nothing. */
class DeletionTest {
  private static final String CANARY = "canary";
  private static final int RACES = 40;
  private static final List<String> TABLES =
      List.of("job", "chunk", "chunk_result", "outbox", "webhook_try");

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

  private static long rows(String where) throws SQLException {
    PgOptions server = postgres.options();
    String url = "jdbc:postgresql://%s:%d/%s";
    long found = 0;
    try (Connection connection =
            DriverManager.getConnection(
                url.formatted(server.host(), server.port(), server.database()),
                server.user(),
                server.password());
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
}
