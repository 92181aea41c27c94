package io.sotto.node;

import io.sotto.embedded.PostgresServer;
import io.sotto.storage.PgOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

/**
 * A PostgreSQL server with the roles of scripts/database-roles.sql, for tests of who may do what.
 */
final class Postgres implements AutoCloseable {
  static final Path HOME = Path.of(System.getProperty("sotto.home"));
  static final String PASSWORD = "of the roles of a test";
  private static final long RELOAD_S = 20;
  final Path folder;
  private final PostgresServer server;

  private Postgres(Path folder) {
    this.folder = folder;
    this.server = PostgresServer.start(folder, HOME.resolve("target/cache"));
  }

  /** Of a new server; the roles own nothing yet. */
  static Postgres start(Path folder) throws Exception {
    Postgres started = new Postgres(folder);
    started.roles();
    for (String role : new String[] {"sotto_owner", "sotto_app", "sotto_read"}) {
      started.run("alter role " + role + " password '" + PASSWORD + "'");
    }
    return started;
  }

  /** Runs the script, as an operator does, once more. */
  void roles() throws IOException, SQLException {
    run(Files.readString(HOME.resolve("scripts/database-roles.sql")));
  }

  /** The superuser. */
  PgOptions options() {
    return server.options();
  }

  PgOptions as(String role) {
    return as(role, "disable", null);
  }

  PgOptions as(String role, String sslMode, Path ca) {
    PgOptions own = server.options();
    return new PgOptions(
        own.host(),
        own.port(),
        own.database(),
        () -> new PgOptions.Login(role, PASSWORD),
        4,
        sslMode,
        ca);
  }

  /** As the superuser. */
  void run(String sql) throws SQLException {
    run(options(), sql);
  }

  /** Has it read its settings again; returns when new connections go by them. */
  void reload() throws SQLException {
    String question = "select pg_conf_load_time()";
    String before = ask(options(), question);
    run("select pg_reload_conf()");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(RELOAD_S);
    while (ask(options(), question).equals(before)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("the settings were not read again in " + RELOAD_S + " s");
      }
    }
  }

  static void run(PgOptions options, String sql) throws SQLException {
    try (Connection connection = connect(options);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first column of the first row. */
  static String ask(PgOptions options, String sql) throws SQLException {
    try (Connection connection = connect(options);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : "";
    }
  }

  private static Connection connect(PgOptions options) throws SQLException {
    String url =
        "jdbc:postgresql://%s:%d/%s".formatted(options.host(), options.port(), options.database());
    return DriverManager.getConnection(url, options.user(), options.password());
  }

  @Override
  public void close() {
    server.close();
  }
}
