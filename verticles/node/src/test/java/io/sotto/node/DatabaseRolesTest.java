package io.sotto.node;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.SottoException;
import io.sotto.storage.ConnectionLimits;
import io.sotto.storage.Fsck;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each role of scripts/database-roles.sql may do, and over which connections it may come. */
class DatabaseRolesTest {
  private static final String DENIED = "42501";
  @TempDir private static Path folder;
  private static Postgres postgres;
  private static CertificateFolder certificates;
  private static Vertx vertx;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    postgres = Postgres.start(folder.resolve("postgres"));
    SottoException tooOld =
        assertThrows(SottoException.class, () -> Migrations.check(postgres.as("sotto_app")));
    assertTrue(tooOld.reason().contains("not known"), tooOld.reason());
    Migrations.run(postgres.as("sotto_owner"));
    certificates = CertificateFolder.open(folder.resolve("certificates"));
    certificates.issue("server", List.of("127.0.0.1"), 2);
    certificates.issue("elsewhere", List.of("db.example"), 2);
    speakTls("server");
  }

  @AfterAll
  static void stop() {
    postgres.close();
    await(vertx.close());
  }

  /** The server takes TLS with this certificate, and plain connections of the superuser alone. */
  private static void speakTls(String name) throws Exception {
    Path cluster = postgres.folder.resolve("cluster");
    Files.copy(
        certificates.certificate(name),
        cluster.resolve("server.crt"),
        StandardCopyOption.REPLACE_EXISTING);
    Files.copy(
        certificates.key(name), cluster.resolve("server.key"), StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(
        cluster.resolve("pg_hba.conf"),
        """
        host all sotto 127.0.0.1/32 scram-sha-256
        host all sotto_owner,sotto_app,sotto_read 127.0.0.1/32 scram-sha-256
        hostssl all sotto_far 127.0.0.1/32 scram-sha-256
        """);
    postgres.run("alter system set ssl = on");
    postgres.reload();
  }

  private static String refusal(String role, String sql) {
    SQLException refused =
        assertThrows(SQLException.class, () -> Postgres.run(postgres.as(role), sql), sql);
    return refused.getSQLState();
  }

  @Test
  void theAppRoleMovesRowsAndNothingElse() throws Exception {
    for (String sql :
        List.of(
            "create table mine (a int)",
            "create temporary table mine (a int)",
            "create schema mine",
            "create extension sslinfo",
            "copy chunk to program 'id'",
            "copy chunk to '/tmp/chunks'",
            "alter table job add column mine int",
            "drop table job",
            "truncate job",
            "create role mine",
            "update flyway_schema_history set success = false",
            "insert into flyway_schema_history select * from flyway_schema_history",
            "update audit set node = 'x'",
            "delete from audit",
            "truncate audit",
            "set session authorization sotto_owner",
            "select pg_read_file('postgresql.conf')",
            "select rolpassword from pg_authid")) {
      assertEquals(DENIED, refusal("sotto_app", sql), sql);
    }
    PgOptions app = postgres.as("sotto_app");
    PgJobStore store = PgJobStore.create(vertx, app);
    await(store.check());
    assertEquals(List.of(), await(store.openJobs(10)));
    await(store.close());
    Postgres.run(app, "update job set state = state where false");
    Migrations.check(app);
  }

  @Test
  void theAppRolesSessionsAreBounded() throws Exception {
    PgOptions app = postgres.as("sotto_app");
    assertEquals("5s", Postgres.ask(app, "show statement_timeout"));
    assertEquals("2s", Postgres.ask(app, "show lock_timeout"));
    assertEquals("10s", Postgres.ask(app, "show idle_in_transaction_session_timeout"));
    assertEquals(
        "t",
        Postgres.ask(
            postgres.options(),
            "select bool_and(rolpassword like 'SCRAM-SHA-256%' and not rolsuper and not rolcreatedb"
                + " and not rolcreaterole and not rolbypassrls and not rolreplication)"
                + " from pg_authid where rolname in ('sotto_owner', 'sotto_app', 'sotto_read')"));
  }

  @Test
  void theReadingRoleChecksTheStoreAndChangesNothing() {
    PgOptions reader = postgres.as("sotto_read");
    assertEquals(List.of(), Fsck.check(reader, Fsck.Bounds.USUAL).violations());
    assertEquals(
        "25006", refusal("sotto_read", "update job set state = 'failed'"), "a read-only session");
    assertEquals(
        DENIED,
        refusal("sotto_read", "set transaction read write; update job set state = 'failed'"));
  }

  @Test
  void theScriptMayBeRunAgainAndTakesOverWhatAnotherRoleMade() throws Exception {
    postgres.run("create table if not exists kept as select 1 as one");
    postgres.roles();
    assertEquals("1", Postgres.ask(postgres.as("sotto_app"), "select one from kept"));
    Postgres.run(postgres.as("sotto_owner"), "drop table kept");
    assertEquals(DENIED, refusal("sotto_app", "delete from audit"));
  }

  @Test
  void aLimitBelowWhatAllPoolsMayWantIsToldAtTheStart() {
    PgOptions app = postgres.as("sotto_app");
    ConnectionLimits.check(app, 18);
    SottoException role = assertThrows(SottoException.class, () -> ConnectionLimits.check(app, 19));
    assertEquals(
        "19 nodes (database.nodes-max) may want 95 connections, and the role sotto_app allows 90:"
            + " raise that limit, or lower database.pool-size or database.nodes-max",
        role.reason());
    SottoException server =
        assertThrows(SottoException.class, () -> ConnectionLimits.check(postgres.options(), 11));
    assertTrue(server.reason().contains("max_connections"), server.reason());
  }

  private static void assertComesIn(PgOptions options) {
    Migrations.check(options);
    PgJobStore store = PgJobStore.create(vertx, options);
    await(store.check());
    await(store.close());
  }

  private static void assertStaysOut(PgOptions options) {
    assertThrows(SottoException.class, () -> Migrations.check(options));
    PgJobStore store = PgJobStore.create(vertx, options);
    assertThrows(SottoException.class, () -> await(store.check()));
    await(store.close());
  }

  @Test
  void verifyFullTakesTheRightServerAlone() throws Exception {
    Path other = CertificateFolder.open(folder.resolve("other")).ca();
    assertComesIn(postgres.as("sotto_app", "verify-full", certificates.ca()));
    assertStaysOut(postgres.as("sotto_app", "verify-full", other));
    assertStaysOut(postgres.as("sotto_app", "verify-full", null));
    speakTls("elsewhere");
    assertStaysOut(postgres.as("sotto_app", "verify-full", certificates.ca()));
    assertComesIn(postgres.as("sotto_app", "verify-ca", certificates.ca()));
    speakTls("server");
    assertComesIn(postgres.as("sotto_app", "verify-full", certificates.ca()));
  }

  @Test
  void nobodyIsTalkedOutOfTls() throws Exception {
    postgres.run(
        "create role sotto_far login password '" + Postgres.PASSWORD + "' in role sotto_app");
    assertStaysOut(postgres.as("sotto_far", "disable", null));
    assertComesIn(postgres.as("sotto_far", "verify-full", certificates.ca()));
    postgres.run("alter system set ssl = off");
    postgres.reload();
    assertStaysOut(postgres.as("sotto_app", "require", null));
    assertStaysOut(postgres.as("sotto_app", "verify-full", certificates.ca()));
    speakTls("server");
  }
}
