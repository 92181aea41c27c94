package io.sotto.storage;

import io.sotto.storage.Fsck.Severity;
import io.sotto.storage.Fsck.Violation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Deletion's part of {@link Fsck}: nothing is left of what the product says is gone. */
final class FsckDeletion {
  static final String INVARIANT = "I10";
  private static final String AGAIN =
      "a defect of ours, or rows that came back: delete them, and look whether a backup was"
          + " restored";

  private final List<Violation> violations = new ArrayList<>();
  private final boolean there;

  /**
   * {@code connection} is in the snapshot; each statement lists one more than {@code limit}. Of
   * what was erased, that of the time {@code erased} is looked for.
   */
  FsckDeletion(Connection connection, int limit, Duration erased) throws SQLException {
    there = there(connection);
    if (there) {
      ask(connection, limit, FsckSql.DELETED_NOT_GONE, Severity.DAMAGE, AGAIN);
      back(connection, limit, erased);
      String nobody = "nobody can ask for them: delete the rows of webhook_try";
      ask(connection, limit, FsckSql.TRIES_OF_NOBODY, Severity.LEAK, nobody);
      String stuck = "nobody deletes: start a scheduler, which needs the bucket for it";
      ask(connection, limit, FsckSql.DELETED_LONG_AGO, Severity.STUCK, stuck);
    }
  }

  private static boolean there(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.RETENTION_THERE);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getBoolean("there");
    }
  }

  private void back(Connection connection, int limit, Duration erased) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.ERASED_AND_THERE)) {
      statement.setLong(1, erased.toMillis());
      statement.setInt(2, limit + 1);
      take(statement, Severity.DAMAGE, AGAIN);
    }
  }

  private void ask(Connection connection, int limit, String sql, Severity severity, String remedy)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, limit + 1);
      take(statement, severity, remedy);
    }
  }

  private void take(PreparedStatement statement, Severity severity, String remedy)
      throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        UUID job = row.getObject("job_id", UUID.class);
        String what = row.getString("what");
        violations.add(new Violation(INVARIANT, severity, job, null, null, what, remedy));
      }
    }
  }

  List<Violation> violations() {
    return violations;
  }

  /** Why nothing was checked, if nothing was. */
  Optional<String> note() {
    return there
        ? Optional.empty()
        : Optional.of("no outbox, or a schema of before retention: I10 was not checked");
  }
}
