package io.sotto.storage;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.JobId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What there is of one job in both stores: the proof that nothing is, once it was deleted. Blocks.
 */
public final class FsckJob {
  private static final int LISTED_MAX = 1_000;

  private FsckJob() {}

  /**
   * What was found.
   *
   * @param rows of each table that a job has rows in
   * @param objects their keys; 1000 of a kind at most
   * @param log what the audit log says of it, oldest first; that stays
   */
  public record Report(Map<String, Long> rows, List<String> objects, List<AuditLog.Line> log) {
    /** Whether nothing is left but what the audit log says. */
    public boolean gone() {
      return objects.isEmpty() && rows.values().stream().allMatch(n -> n == 0);
    }
  }

  /** {@code STORE_DOWN} when one of the stores could not be asked. */
  public static Report look(PgOptions options, AudioStore audio, UUID job) {
    JobId id = new JobId(job);
    List<String> objects = new ArrayList<>();
    for (String prefix : List.of(AudioKey.upload(id).value(), AudioKey.chunkPrefix(id))) {
      FsckAudio.answer(audio.list(prefix, "", LISTED_MAX))
          .objects()
          .forEach(object -> objects.add(object.key()));
    }
    try (Connection connection = Migrations.jdbc(options, "sotto-fsck").getConnection()) {
      connection.setReadOnly(true);
      return new Report(rows(connection, job), objects, AuditLog.of(connection, job.toString()));
    } catch (SQLException e) {
      throw Fsck.failure(options, e);
    }
  }

  private static Map<String, Long> rows(Connection connection, UUID job) throws SQLException {
    Map<String, Long> rows = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.ROWS_OF_JOB)) {
      for (int i = 1; i <= statement.getParameterMetaData().getParameterCount(); i++) {
        statement.setObject(i, job);
      }
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          rows.put(row.getString("name"), row.getLong("n"));
        }
      }
    }
    return rows;
  }
}
