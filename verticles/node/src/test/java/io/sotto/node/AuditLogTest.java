package io.sotto.node;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.node.cli.SottoCommand;
import io.sotto.storage.AuditAction;
import io.sotto.storage.AuditEntry;
import io.sotto.storage.AuditLog;
import io.sotto.storage.Migrations;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One chain, however many write it; and whoever touches a row is found out. */
class AuditLogTest {
  private static final int WRITERS = 4;
  private static final int BATCHES = 25;
  private static final int ROWS = 8;
  @TempDir private static Path folder;
  private static Postgres postgres;
  private static Vertx vertx;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    postgres = Postgres.start(folder.resolve("postgres"));
    Migrations.run(postgres.as("sotto_owner"));
  }

  @AfterAll
  static void stop() {
    postgres.close();
    await(vertx.close());
  }

  @BeforeEach
  void empty() throws SQLException {
    postgres.run(
        "set session_replication_role = replica; truncate audit;"
            + " update audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex')");
  }

  private static AuditEntry entry(String subject) {
    return new AuditEntry(
        Instant.now(), "node", AuditAction.JOB_DELETED, 7L, "ann", "::1", subject, "because", 1);
  }

  private static void append(int rows) {
    PgJobStore store = PgJobStore.create(vertx, postgres.as("sotto_app"));
    List<AuditEntry> entries = new ArrayList<>();
    for (int i = 1; i <= rows; i++) {
      entries.add(entry("job " + i));
    }
    await(store.audit().append(entries));
    await(store.close());
  }

  private static AuditLog.Report verify() {
    return AuditLog.verify(postgres.as("sotto_read"), null);
  }

  /** As somebody who may do everything in the database. */
  private static void tamper(String sql) throws SQLException {
    postgres.run("set session_replication_role = replica; " + sql);
  }

  @Test
  void writersAtTheSameTimeMakeOneChain() {
    PgOptions app = postgres.as("sotto_app");
    List<PgJobStore> stores = new ArrayList<>();
    List<Future<Void>> written = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      PgJobStore store = PgJobStore.create(vertx, app);
      stores.add(store);
      for (int batch = 0; batch < BATCHES; batch++) {
        List<AuditEntry> entries = List.of(entry(i + "." + batch + ".a"), entry(i + "." + batch));
        written.add(store.audit().append(entries));
      }
    }
    await(Future.all(written));
    AuditLog.Report report = verify();
    assertEquals(List.of(), report.faults());
    assertEquals(2L * WRITERS * BATCHES, report.rows());
    assertEquals(report.rows(), report.seq());
    stores.forEach(store -> await(store.close()));
  }

  @Test
  void aRowThatWasEditedIsNamed() throws SQLException {
    append(ROWS);
    for (String edit :
        List.of(
            "subject = 'job x'",
            "subject = subject || chr(10)",
            "actor = 'anna', address = ':1'",
            "at = at + interval '1 microsecond'",
            "tenant_id = null",
            "times = 2",
            "action = 'job.cancelled'",
            "node = ''",
            "detail = detail || repeat('x', 600)",
            "hash = decode(repeat('ab', 32), 'hex')")) {
      empty();
      append(ROWS);
      tamper("update audit set " + edit + " where seq = 3");
      assertEquals("row 3 is not what was written", verify().faults().getFirst(), edit);
    }
  }

  @Test
  void rowsThatAreGoneAreNamed() throws SQLException {
    append(ROWS);
    tamper("delete from audit where seq in (4, 5)");
    assertEquals(List.of("rows 4 to 5 are missing"), verify().faults());
    tamper("delete from audit where seq > 3");
    assertEquals(
        List.of("the chain ends at row 3, and its head says 8: rows are missing at the end"),
        verify().faults());
  }

  /** Whoever computes the whole chain anew is found out by its end as it was noted down. */
  @Test
  void aChainMadeAnewDoesNotMeetItsAnchor() throws SQLException {
    append(ROWS);
    AuditLog.Report noted = verify();
    AuditLog.Anchor anchor = new AuditLog.Anchor(noted.seq(), noted.hash());
    append(1);
    PgOptions reader = postgres.as("sotto_read");
    assertEquals(List.of(), AuditLog.verify(reader, anchor).faults());
    empty();
    append(ROWS);
    assertEquals(
        List.of("row 8 has another hash than was noted down"),
        AuditLog.verify(reader, anchor).faults());
    empty();
    append(2);
    assertEquals(
        List.of("row 8 was there once, and the chain ends at row 2"),
        AuditLog.verify(reader, anchor).faults());
  }

  @Test
  void evenTheOwnerDoesNotChangeARowByAccident() {
    append(2);
    for (String sql :
        List.of("update audit set node = ''", "delete from audit", "truncate audit")) {
      SQLException refused =
          assertThrows(
              SQLException.class, () -> Postgres.run(postgres.as("sotto_owner"), sql), sql);
      assertTrue(refused.getMessage().contains("written once"), refused.getMessage());
    }
    assertEquals(List.of(), verify().faults());
  }

  @Test
  void theNewestRowsAreReadInOrderWithoutLinesOfAClientsOwn() {
    PgJobStore store = PgJobStore.create(vertx, postgres.as("sotto_app"));
    await(store.audit().append(List.of(entry("first"), entry("a\nforged line"), entry("last"))));
    await(store.close());
    List<String> subjects =
        AuditLog.newest(postgres.as("sotto_read"), 2).stream().map(AuditLog.Line::subject).toList();
    assertEquals(List.of("a?forged line", "last"), subjects);
  }

  /** What the commands say and end with, as operators and cron see them. */
  @Test
  void theCommandsShowAndCheckIt() throws Exception {
    append(ROWS);
    PgOptions server = postgres.as("sotto_read");
    Path config =
        Files.writeString(
            folder.resolve("reader.yaml"),
            "database: {host: %s, port: %d, name: %s, user: sotto_read, password: %s}"
                .formatted(server.host(), server.port(), server.database(), Postgres.PASSWORD));
    String[] verify = {"audit", "verify", "--config", config.toString()};
    assertEquals(0, SottoCommand.execute(verify));
    assertEquals(
        0, SottoCommand.execute("audit", "list", "--limit", "3", "--config", config.toString()));
    tamper("update audit set actor = 'bob' where seq = 2");
    assertEquals(1, SottoCommand.execute(verify));
    assertEquals(2, SottoCommand.execute("audit", "verify", "--anchor", "8"));
    assertEquals(2, SottoCommand.execute("audit", "list", "--limit", "0"));
    assertEquals(2, SottoCommand.execute("audit"));
    postgres.run("revoke select on audit from sotto_read");
    assertEquals(2, SottoCommand.execute(verify), "not checked is not in order");
    postgres.run("grant select on audit to sotto_read");
  }
}
