package io.sotto.it.chaos;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.storage.Migrations;
import io.sotto.storage.NewJob;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A claim that the server commits and nobody hears of: what it took is not lost till a deadline.
 */
class LostAnswerTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final int CONNECTIONS_MAX = 20;
  private static final String SHA256 = "a".repeat(64);
  @TempDir private Path folder;
  private final Vertx vertx = Vertx.vertx();
  private final NodeId scheduler = NodeId.create();
  private final NodeId node = NodeId.create();
  private final JobId job = JobId.create(1);
  private Database database;
  private PgJobStore store;

  @BeforeEach
  void open() throws Exception {
    database = Database.start(folder);
    PgOptions to = database.options();
    Migrations.run(to);
    store =
        PgJobStore.create(
            vertx,
            new PgOptions(
                "127.0.0.1",
                database.proxy().port(),
                to.database(),
                to.user(),
                to.password(),
                1,
                "disable"));
    await(store.register(scheduler, "scheduler", "test", LONG));
    await(
        store.insert(
            new NewJob(
                job,
                1,
                null,
                "hash",
                new TranscriptionOptions("fake", "en", Task.TRANSCRIBE, null),
                new StoredAudio(AudioKey.upload(job), 10, SHA256),
                null,
                null)));
  }

  @AfterEach
  void close() throws Exception {
    await(store.close());
    database.close();
    await(vertx.close());
  }

  /**
   * The statement runs, the first byte of its answer is the last that arrives. A claim of nothing
   * prepares it on the connection before; the store may ask something else first, so that it takes
   * more than one try.
   */
  private void unheard(IntFunction<Future<?>> claim, String taken) throws Exception {
    for (int tries = 0; tries < CONNECTIONS_MAX && count(taken) == 0; tries++) {
      heard(() -> claim.apply(0));
      database.proxy().set(new Fault.ResetAfter(1));
      assertThrows(SottoException.class, () -> await(claim.apply(5)));
      database.proxy().heal();
    }
    assertEquals(1, count(taken));
  }

  private int count(String what) throws Exception {
    return database.ask("select (" + what + ")::int as n").getFirst().getInteger("n");
  }

  /** The pool may still hold the connection that was cut: it is asked until it has another. */
  private static <T> T heard(Supplier<Future<T>> claim) {
    for (int tries = 1; ; tries++) {
      try {
        return await(claim.get());
      } catch (SottoException e) {
        if (tries == CONNECTIONS_MAX) {
          throw e;
        }
      }
    }
  }

  private Future<List<Preparation>> preparations(int limit) {
    return store.claimPreparations(scheduler, limit, LONG);
  }

  private Future<List<Lease>> chunks(int limit) {
    return store.claimChunks(scheduler, node, List.of("fake"), limit, LONG);
  }

  private void recordOneChunk(int attempt) {
    var chunk =
        new PreparedChunk(
            0, new Span(0, 1_000), AudioKey.chunk(new ChunkId(job, 0)), SHA256, 32_044);
    heard(
        () ->
            store.recordChunks(
                new ChunksPrepared(
                    job, attempt, node, List.of(chunk), 1_000, new ChunksPrepared.End(1, 1_000)),
                LONG));
  }

  @Test
  void whatWasTakenUnheardIsTakenAgainUncharged() throws Exception {
    unheard(this::preparations, "select count(*) from job where state = 'preparing'");
    List<Preparation> again = heard(() -> preparations(5));
    assertEquals(List.of(2), again.stream().map(Preparation::attempt).toList());
    assertEquals(List.of(), heard(() -> preparations(5)), "what was heard of stays where it is");

    recordOneChunk(2);
    unheard(this::chunks, "select count(*) from chunk where state = 'leased'");
    List<Lease> leases = heard(() -> chunks(5));
    assertEquals(List.of(2), leases.stream().map(Lease::attempt).toList());
    assertEquals(List.of(), heard(() -> chunks(5)));
    assertEquals(0, count("select sum(fails + deaths) from job"));
    assertEquals(0, count("select sum(fails + deaths) from chunk"));
  }
}
