package io.sotto.embedded;

import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.sotto.storage.Migrations;
import io.sotto.storage.PgOptions;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A migration that has to wait for a table lets those pass who come after it. */
class MigrationLockTest {
  private static final String BEFORE = "7";
  private static final String WAITS =
      "select count(*) from pg_locks where not granted and relation = 'chunk'::regclass";

  @TempDir private Path folder;

  @Test
  void whoWritesDoesNotWaitBehindAMigrationThatWaits() throws Exception {
    try (PostgresServer postgres = PostgresServer.start(folder.resolve("pg"), Caches.folder())) {
      PgOptions options = postgres.options();
      String url =
          "jdbc:postgresql://%s:%d/%s"
              .formatted(options.host(), options.port(), options.database());
      Flyway.configure(Migrations.class.getClassLoader())
          .dataSource(url, options.user(), options.password())
          .locations("classpath:db/migration")
          .target(BEFORE)
          .load()
          .migrate();
      try (Connection holder = connect(url, options);
          Connection other = connect(url, options)) {
        holder.setAutoCommit(false);
        run(holder, "update chunk set bytes = bytes");
        CompletableFuture<Void> migration =
            CompletableFuture.runAsync(() -> Migrations.run(options));
        until(() -> Future.succeededFuture(number(other, WAITS)), waiting -> waiting > 0);
        run(other, "set statement_timeout = '60s'");
        run(other, "update chunk set bytes = bytes");
        assertFalse(migration.isDone(), "the table is still held");
        holder.commit();
        migration.get();
        assertEquals(
            1,
            number(
                other,
                "select count(*) from flyway_schema_history where script = 'V11__suspects.sql'"));
      }
    }
  }

  private static Connection connect(String url, PgOptions options) throws SQLException {
    return DriverManager.getConnection(url, options.user(), options.password());
  }

  private static void run(Connection connection, String statement) throws SQLException {
    try (Statement one = connection.createStatement()) {
      one.execute(statement);
    }
  }

  private static long number(Connection connection, String query) {
    try (Statement one = connection.createStatement();
        ResultSet rows = one.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
