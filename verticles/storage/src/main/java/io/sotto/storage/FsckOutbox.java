package io.sotto.storage;

import io.sotto.storage.Fsck.Severity;
import io.sotto.storage.Fsck.Violation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The outbox's part of {@link Fsck}: events go out once, and none is forgotten. */
final class FsckOutbox {
  private static final String INVARIANT = "I9";

  private final List<Violation> violations = new ArrayList<>();
  private final boolean there;

  /** {@code connection} is in the snapshot; each statement lists one more than {@code limit}. */
  FsckOutbox(Connection connection, int limit) throws SQLException {
    there = there(connection, FsckSql.OUTBOX_THERE);
    String early = "its receiver is told what is not so: delete the event";
    if (there) {
      String twice = "its receiver is told twice: delete the younger one";
      ask(connection, limit, FsckSql.EVENTS_TWICE, twice);
      String never = "its receiver is never told: tell it, and look who deleted from outbox";
      ask(connection, limit, FsckSql.EVENT_MISSING, never);
      ask(connection, limit, FsckSql.EVENT_TOO_EARLY, early);
    }
    if (there(connection, FsckSql.ENDPOINT_OUTBOX_THERE)) {
      ask(connection, limit, FsckSql.ENDPOINT_EVENT_TOO_EARLY, early);
    }
  }

  private static boolean there(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getBoolean("there");
    }
  }

  private void ask(Connection connection, int limit, String sql, String remedy)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, limit + 1);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          UUID job = row.getObject("job_id", UUID.class);
          String what = row.getString("what");
          violations.add(new Violation(INVARIANT, Severity.DAMAGE, job, null, null, what, remedy));
        }
      }
    }
  }

  List<Violation> violations() {
    return violations;
  }

  /** Why nothing was checked, if nothing was. */
  Optional<String> note() {
    return there ? Optional.empty() : Optional.of("no outbox: I9 was not checked");
  }
}
