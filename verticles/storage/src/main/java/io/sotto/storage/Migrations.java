package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Brings the schema to this version's. Several nodes may do so at a time: Flyway takes a lock.
 * Blocks; not for an event loop.
 */
public final class Migrations {
  private static final int CONNECT_RETRIES = 10;
  private static final int CONNECT_TIMEOUT_S = 5;

  /** A migration that waits for a table has everybody wait who comes after it. */
  private static final String LOCK_TIMEOUT = "set lock_timeout = '2s'";

  private static final String LOCK_NOT_AVAILABLE = "55P03";
  private static final int LOCK_TRIES_MAX = 60;
  private static final long LOCK_REST_MS = 1000;

  /** Every migration, in order; a test holds this list against the folder. */
  static final List<String> FILES =
      List.of(
          "V1__jobs.sql",
          "V2__decoding.sql",
          "V3__tenants.sql",
          "V4__webhooks.sql",
          "V5__history.sql",
          "V6__webhook_lists.sql",
          "V7__audit.sql",
          "V8__webhook_endpoints.sql",
          "V9__retention.sql",
          "V11__suspects.sql",
          "V12__trail.sql");

  private Migrations() {}

  /** Names the schema that {@link #run} leads to: 16 hex digits of the digest of all migrations. */
  public static String fingerprint() {
    MessageDigest digest = Digests.sha256();
    for (String file : FILES) {
      try (InputStream in = Migrations.class.getResourceAsStream("/db/migration/" + file)) {
        digest.update(Objects.requireNonNull(in, file).readAllBytes());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return Digests.hex(digest.digest()).substring(0, 16);
  }

  /** The server for JDBC, whose calls block; {@code application} is how it shows up there. */
  static PGSimpleDataSource jdbc(PgOptions options, String application) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setServerNames(new String[] {options.host()});
    source.setPortNumbers(new int[] {options.port()});
    source.setDatabaseName(options.database());
    source.setUser(options.user());
    source.setPassword(options.password());
    source.setSslMode(options.sslMode());
    if (options.sslCa() != null) {
      source.setSslRootCert(options.sslCa().toString());
    }
    source.setConnectTimeout(CONNECT_TIMEOUT_S);
    source.setApplicationName(application);
    return source;
  }

  /**
   * Fails unless the schema is one that this version can work on, for nodes whose role may not
   * change it. A newer one is: migrations only add.
   */
  public static void check(PgOptions options) {
    Set<String> applied = new HashSet<>();
    try (Connection connection = jdbc(options, "sotto-migrations").getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("select script from flyway_schema_history where success")) {
      while (rows.next()) {
        applied.add(rows.getString(1));
      }
    } catch (SQLException e) {
      throw new SottoException(
          FailureCode.STORE_DOWN,
          "the schema of " + options + " is not known: " + e.getMessage(),
          e);
    }
    List<String> missing = FILES.stream().filter(file -> !applied.contains(file)).toList();
    if (!missing.isEmpty()) {
      throw new SottoException(
          FailureCode.STORE_DOWN,
          "the schema of " + options + " lacks " + missing + "; run sotto migrate first");
    }
  }

  /**
   * Tried again while somebody holds a table that a migration needs: whoever writes meanwhile would
   * have to wait behind it.
   */
  public static void run(PgOptions options) {
    int tries = 1;
    while (!migrated(options, tries == LOCK_TRIES_MAX)) {
      tries++;
      rest();
    }
  }

  /** False when a table was held, unless this is the {@code last} try. */
  private static boolean migrated(PgOptions options, boolean last) {
    try {
      Flyway.configure(Migrations.class.getClassLoader())
          .dataSource(jdbc(options, "sotto-migrations"))
          .locations("classpath:db/migration")
          .initSql(LOCK_TIMEOUT)
          .connectRetries(CONNECT_RETRIES)
          .connectRetriesInterval(1)
          .load()
          .migrate();
      return true;
    } catch (FlywayException e) {
      if (!last && tableHeld(e)) {
        return false;
      }
      throw new SottoException(
          FailureCode.STORE_DOWN,
          "the schema of " + options + " cannot be brought up to date: " + e.getMessage(),
          e);
    }
  }

  private static boolean tableHeld(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && LOCK_NOT_AVAILABLE.equals(sql.getSQLState())) {
        return true;
      }
    }
    return false;
  }

  private static void rest() {
    try {
      Thread.sleep(LOCK_REST_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SottoException(FailureCode.STORE_DOWN, "interrupted while migrating", e);
    }
  }
}
