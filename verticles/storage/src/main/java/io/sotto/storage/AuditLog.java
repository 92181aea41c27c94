package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The audit log as it is read: whether its chain holds, and its newest rows. Blocks. */
public final class AuditLog {
  private static final int BLOCK = 1_000;
  private static final int FAULTS_MAX = 100;

  private AuditLog() {}

  /**
   * A row as it stands.
   *
   * @param action by its name, which may be one that this version does not know
   */
  public record Line(
      long seq,
      Instant at,
      String node,
      String action,
      @Nullable Long tenant,
      String actor,
      String address,
      String subject,
      String detail,
      long times,
      String hash) {
    /** As it will stand, but for the hash. */
    static Line of(long seq, AuditEntry entry) {
      return new Line(
          seq,
          entry.at(),
          entry.node(),
          entry.action().wire(),
          entry.tenant(),
          entry.actor(),
          entry.address(),
          entry.subject(),
          entry.detail(),
          entry.times(),
          "");
    }
  }

  /**
   * {@code faults}, 100 at most, name each row; {@code seq} and {@code hash} are the last row's.
   */
  public record Report(long rows, long seq, String hash, List<String> faults) {}

  /** A chain's end that was noted down elsewhere: rows up to there must be what they were then. */
  public record Anchor(long seq, String hash) {}

  /** Reads the whole log. {@code anchor}: see there, or null. */
  public static Report verify(PgOptions options, @Nullable Anchor anchor) {
    try (Connection connection = Migrations.jdbc(options, "sotto-audit").getConnection()) {
      return new Walk(anchor).over(connection);
    } catch (SQLException e) {
      throw down(options, e);
    }
  }

  /** The newest {@code limit} rows, oldest first. */
  public static List<Line> newest(PgOptions options, int limit) {
    try (Connection connection = Migrations.jdbc(options, "sotto-audit").getConnection()) {
      connection.setReadOnly(true);
      long end = head(connection).seq();
      return block(connection, Math.max(0, end - limit), limit);
    } catch (SQLException e) {
      throw down(options, e);
    }
  }

  /** What is written of {@code subject}, oldest first; reads the whole log. */
  static List<Line> of(Connection connection, String subject) throws SQLException {
    List<Line> lines = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(AuditSql.OF)) {
      statement.setString(1, subject);
      statement.setInt(2, BLOCK);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          lines.add(line(row));
        }
      }
    }
    return lines;
  }

  private static SottoException down(PgOptions options, SQLException e) {
    return new SottoException(
        FailureCode.STORE_DOWN, "the audit log of " + options + ": " + e.getMessage(), e);
  }

  private static Anchor head(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(AuditSql.HEAD)) {
      return row.next()
          ? new Anchor(row.getLong("seq"), Digests.hex(row.getBytes("hash")))
          : new Anchor(0, "");
    }
  }

  private static List<Line> block(Connection connection, long after, int limit)
      throws SQLException {
    List<Line> lines = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(AuditSql.READ)) {
      statement.setLong(1, after);
      statement.setInt(2, limit);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          lines.add(line(row));
        }
      }
    }
    return lines;
  }

  private static Line line(ResultSet row) throws SQLException {
    return new Line(
        row.getLong("seq"),
        row.getObject("at", OffsetDateTime.class).toInstant().truncatedTo(ChronoUnit.MICROS),
        row.getString("node"),
        row.getString("action"),
        (Long) row.getObject("tenant_id"),
        row.getString("actor"),
        row.getString("address"),
        row.getString("subject"),
        row.getString("detail"),
        row.getLong("times"),
        Digests.hex(row.getBytes("hash")));
  }

  /** One reading of the chain from its beginning to its head. */
  private static final class Walk {
    private final @Nullable Anchor anchor;
    private final List<String> faults = new ArrayList<>();
    private byte[] before = new byte[AuditChain.HASH_BYTES];
    private long seq;
    private long rows;

    Walk(@Nullable Anchor anchor) {
      this.anchor = anchor;
    }

    Report over(Connection connection) throws SQLException {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setReadOnly(true);
      List<Line> lines = block(connection, seq, BLOCK);
      while (!lines.isEmpty() && faults.size() < FAULTS_MAX) {
        lines.forEach(this::look);
        lines = block(connection, seq, BLOCK);
      }
      Anchor head = head(connection);
      String hash = Digests.hex(before);
      if (faults.isEmpty() && (head.seq() != seq || !head.hash().equals(hash))) {
        faults.add(
            "the chain ends at row %d, and its head says %d: rows are missing at the end"
                .formatted(seq, head.seq()));
      }
      if (anchor != null && anchor.seq() > seq) {
        faults.add("row " + anchor.seq() + " was there once, and the chain ends at row " + seq);
      }
      return new Report(rows, seq, hash, List.copyOf(faults));
    }

    /** Goes on from the hash that stands there, so that each row is told for itself. */
    private void look(Line line) {
      if (line.seq() != seq + 1) {
        fault("rows %d to %d are missing".formatted(seq + 1, line.seq() - 1));
      } else if (!Digests.hex(AuditChain.hash(before, line)).equals(line.hash())) {
        fault("row " + line.seq() + " is not what was written");
      }
      if (anchor != null && anchor.seq() == line.seq() && !anchor.hash().equals(line.hash())) {
        fault("row " + line.seq() + " has another hash than was noted down");
      }
      before = java.util.HexFormat.of().parseHex(line.hash());
      seq = line.seq();
      rows++;
    }

    private void fault(String what) {
      if (faults.size() < FAULTS_MAX) {
        faults.add(what);
      }
    }
  }
}
