package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks what must hold of the stored jobs at any time: that nothing is lost, doubled or stuck. It
 * reads one snapshot, takes no lock that anybody waits for, and ends in a bounded time, so that it
 * may run beside the cluster. Blocks; not for an event loop.
 */
public final class Fsck {
  private static final Logger LOG = LoggerFactory.getLogger(Fsck.class);
  private static final String UNDEFINED_TABLE = "42P01";
  private static final String QUERY_CANCELED = "57014";

  /**
   * How far it goes.
   *
   * @param violations listed of each rule at most
   * @param within the time all of the database's answers may take, the life of the snapshot
   * @param grace how long a lease may be over before that is a violation: the lease of a scheduler,
   *     that of the sweeper's duty, and a round of it
   * @param texts of jobs of this age at most are read, and what was erased since is looked for;
   *     everything else is checked of all jobs
   */
  public record Bounds(int violations, Duration within, Duration grace, Duration texts) {
    public static final Bounds USUAL =
        new Bounds(20, Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofDays(7));
  }

  /** What a violation means. */
  public enum Severity {
    /** What is stored contradicts itself. */
    DAMAGE,
    /** Work that will not go on by itself. */
    STUCK,
    /** Space that nobody gives free. */
    LEAK
  }

  /**
   * Something that must not be. {@code seq} names a chunk of the job, {@code object} one in the
   * bucket.
   */
  public record Violation(
      String invariant,
      Severity severity,
      @Nullable UUID job,
      @Nullable Integer seq,
      @Nullable String object,
      String what,
      String remedy) {}

  /**
   * What was found. {@code cut}: invariants of which there is more than is listed; {@code notes}:
   * what was not checked, and why.
   */
  public record Report(
      long jobs, long chunks, List<Violation> violations, List<String> cut, List<String> notes) {
    public Report {
      violations = List.copyOf(violations);
      cut = List.copyOf(cut);
      notes = List.copyOf(notes);
    }

    /** Together with what another look found. */
    public Report and(Report other) {
      return new Report(
          jobs,
          chunks,
          both(violations, other.violations),
          both(cut, other.cut),
          both(notes, other.notes));
    }

    private static <T> List<T> both(List<T> first, List<T> second) {
      List<T> all = new ArrayList<>(first);
      all.addAll(second);
      return all;
    }
  }

  private final PgOptions options;
  private final Bounds bounds;
  private final long endNanos;
  private final UUID since;
  private final List<Violation> violations = new ArrayList<>();
  private final List<String> cut = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private Fsck(PgOptions options, Bounds bounds) {
    this.options = options;
    this.bounds = bounds;
    this.endNanos = System.nanoTime() + bounds.within().toNanos();
    this.since = firstId(Instant.now().minus(bounds.texts()));
  }

  /** The least id that a job of {@code then} may have: ids begin with their time. */
  private static UUID firstId(Instant then) {
    return new UUID(Math.max(0, then.toEpochMilli()) << 16, 0);
  }

  /** Everything that the database alone tells. {@code STORE_DOWN} when it could not be asked. */
  public static Report check(PgOptions options, Bounds bounds) {
    Fsck fsck = new Fsck(options, bounds);
    try (Connection connection = Migrations.jdbc(options, "sotto-fsck").getConnection()) {
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      Report report = fsck.snapshot(connection);
      connection.rollback();
      return report;
    } catch (SQLException e) {
      throw failure(options, e);
    }
  }

  private Report snapshot(Connection connection) throws SQLException {
    limitTime(connection);
    long[] counts = counts(connection);
    for (FsckRule rule : FsckRule.values()) {
      limitTime(connection);
      long begun = System.nanoTime();
      run(connection, rule);
      LOG.debug("{} took {} ms", rule, (System.nanoTime() - begun) / 1_000_000);
    }
    limitTime(connection);
    noteOlderTexts(connection);
    FsckOutbox outbox = new FsckOutbox(connection, bounds.violations());
    keep("I9", outbox.violations());
    outbox.note().ifPresent(notes::add);
    limitTime(connection);
    FsckDeletion deletion = new FsckDeletion(connection, bounds.violations(), bounds.texts());
    keep(FsckDeletion.INVARIANT, deletion.violations());
    deletion.note().ifPresent(notes::add);
    return new Report(counts[0], counts[1], violations, cut, notes);
  }

  /** What is left of the time bounds each statement: the snapshot must not hold vacuum up. */
  private void limitTime(Connection connection) throws SQLException {
    long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.BOUNDS)) {
      statement.setString(1, Long.toString(Math.max(1, leftMs)));
      statement.executeQuery().close();
    }
  }

  private static long[] counts(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.COUNTS);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new long[] {row.getLong("jobs"), row.getLong("chunks")};
    }
  }

  private void run(Connection connection, FsckRule rule) throws SQLException {
    List<Violation> found = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(rule.sql())) {
      int parameter = 1;
      switch (rule.asks()) {
        case NOTHING -> {}
        case GRACE -> statement.setLong(parameter++, bounds.grace().toMillis());
        case SINCE -> statement.setObject(parameter++, since);
      }
      statement.setInt(parameter, bounds.violations() + 1);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(violation(rule, row));
        }
      }
    }
    keep(rule.invariant(), found);
  }

  private void noteOlderTexts(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FsckSql.TEXTS_BEFORE)) {
      statement.setObject(1, since);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (row.getBoolean("there")) {
          notes.add(
              "texts of jobs older than %s days were not read".formatted(bounds.texts().toDays()));
        }
      }
    }
  }

  private static Violation violation(FsckRule rule, ResultSet row) throws SQLException {
    return new Violation(
        rule.invariant(),
        rule.severity(),
        row.getObject("job_id", UUID.class),
        row.getObject("seq", Integer.class),
        null,
        row.getString("what"),
        rule.remedy());
  }

  private void keep(String invariant, List<Violation> found) {
    boolean more = found.size() > bounds.violations();
    violations.addAll(more ? found.subList(0, bounds.violations()) : found);
    if (more && !cut.contains(invariant)) {
      cut.add(invariant);
    }
  }

  static SottoException failure(PgOptions options, SQLException e) {
    String why =
        switch (String.valueOf(e.getSQLState())) {
          case UNDEFINED_TABLE -> "there are no jobs in it; no node has used it yet";
          case QUERY_CANCELED -> "it took too long; allow more with --timeout";
          default -> e.getMessage() + "; is it running, and are host, port and password right?";
        };
    return new SottoException(FailureCode.STORE_DOWN, options + " cannot be checked: " + why, e);
  }
}
