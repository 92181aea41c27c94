package io.sotto.it.chaos;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that is connected and never answers: who asked is told in seconds. */
class SilentServerTest {
  private static final Duration TOLD_AFTER_MAX = Duration.ofSeconds(14);
  @TempDir private Path folder;
  private final Vertx vertx = Vertx.vertx();
  private Database database;
  private PgJobStore store;

  @BeforeEach
  void open() throws Exception {
    database = Database.start(folder);
    PgOptions to = database.options();
    Migrations.run(to);
    int port = database.proxy().port();
    store =
        PgJobStore.create(
            vertx,
            new PgOptions(
                "127.0.0.1", port, to.database(), to.user(), to.password(), 1, "disable"));
  }

  @AfterEach
  void close() throws Exception {
    await(store.close());
    database.close();
    await(vertx.close());
  }

  @Test
  void aConnectionThatWentSilentIsGivenUp() throws Exception {
    await(store.check());
    database.proxy().set(new Fault.HalfOpen());
    long begun = System.nanoTime();
    SottoException told = assertThrows(SottoException.class, () -> await(store.check()));
    Duration after = Duration.ofNanos(System.nanoTime() - begun);
    assertEquals(FailureCode.STORE_DOWN, told.code());
    assertTrue(after.compareTo(TOLD_AFTER_MAX) < 0, () -> "told after " + after);
    database.proxy().heal();
    // the pool may still hold the connection that was given up
    until(() -> store.check().map(true).otherwise(false), answers -> answers);
  }
}
