package io.sotto.embedded;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {
  @TempDir private Path folder;
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    await(vertx.close());
  }

  private String ask(PgOptions options, String sql) {
    var connect =
        new PgConnectOptions()
            .setHost(options.host())
            .setPort(options.port())
            .setDatabase(options.database())
            .setUser(options.user())
            .setPassword(options.password());
    var client = PgBuilder.client().connectingTo(connect).using(vertx).build();
    try {
      var rows = await(client.query(sql).execute());
      Row row = rows.size() > 0 ? rows.iterator().next() : null;
      return row == null ? "" : row.getString(0);
    } finally {
      await(client.close());
    }
  }

  @Test
  void isDurableAndKeepsItsData() {
    try (PostgresServer first = PostgresServer.start(folder, Caches.folder())) {
      assertEquals("on", ask(first.options(), "show fsync"));
      assertEquals("on", ask(first.options(), "show synchronous_commit"));
      ask(first.options(), "create table kept as select 'yes'::text as answer");
    }
    try (PostgresServer second = PostgresServer.start(folder, Caches.folder())) {
      assertEquals("yes", ask(second.options(), "select answer from kept"));
    }
  }

  @Test
  void aServerThatOutlivedItsParentIsReplaced() {
    PostgresServer orphan = PostgresServer.start(folder, Caches.folder());
    ask(orphan.options(), "create table kept as select 'yes'::text as answer");
    try (PostgresServer next = PostgresServer.start(folder, Caches.folder())) {
      assertEquals("yes", ask(next.options(), "select answer from kept"));
      PgJobStore gone = PgJobStore.create(vertx, orphan.options());
      SottoException e = assertThrows(SottoException.class, () -> await(gone.check()));
      assertEquals(FailureCode.STORE_DOWN, e.code());
      assertFalse(e.reason().contains(orphan.options().password()), "no password in a message");
    }
  }

  @Test
  void nobodyEntersWithoutThePassword() throws Exception {
    try (PostgresServer server = PostgresServer.start(folder, Caches.folder())) {
      PgOptions own = server.options();
      PgOptions wrong =
          new PgOptions(own.host(), own.port(), own.database(), own.user(), "x", 1, "disable");
      PgJobStore store = PgJobStore.create(vertx, wrong);
      assertThrows(SottoException.class, () -> await(store.check()));
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("password"))));
      assertTrue(own.toString().indexOf(own.password()) < 0);
    }
  }
}
