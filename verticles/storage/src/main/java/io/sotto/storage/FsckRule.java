package io.sotto.storage;

import io.sotto.storage.Fsck.Severity;

/** What {@link Fsck} asks the database: one statement each, and what an operator does about it. */
enum FsckRule {
  RUNNING_WITHOUT_WORK(
      "I1",
      Severity.STUCK,
      FsckSql.RUNNING_WITHOUT_WORK,
      "nothing will end it: cancel the job and submit the recording again"),
  HELD_FOR_EVER(
      "I1",
      Severity.STUCK,
      FsckSql.HELD_FOR_EVER,
      "nothing will release them: cancel the job and submit the recording again"),
  RESTS_TOO_LONG(
      "I1",
      Severity.STUCK,
      FsckSql.RESTS_TOO_LONG,
      "no failure is followed by such a rest: was the server's clock set back? Set run_at to now"),
  DONE_WITHOUT_RESULT(
      "I2",
      Severity.DAMAGE,
      FsckSql.DONE_WITHOUT_RESULT,
      "its text is lost: submit the recording again, and look who deleted from chunk_result"),
  RESULT_WITHOUT_DONE(
      "I2",
      Severity.DAMAGE,
      FsckSql.RESULT_WITHOUT_DONE,
      "the result is shown although it does not count: delete its row of chunk_result"),
  COUNTERS(
      "I3",
      Severity.DAMAGE,
      FsckSql.COUNTERS,
      "progress and end of the job cannot be trusted: cancel it and submit the recording again"),
  CHUNK_WITHOUT_JOB(
      "I3", Severity.LEAK, FsckSql.CHUNK_WITHOUT_JOB, "nobody can ask for it: delete the row"),
  ATTEMPTS(
      "I4",
      Severity.DAMAGE,
      FsckSql.ATTEMPTS,
      "a stale result was taken, a defect of ours: keep the log of that time and report it"),
  OVERDUE_CHUNKS(
      "I5",
      Severity.STUCK,
      FsckSql.OVERDUE_CHUNKS,
      "nobody sweeps: start a scheduler; if one runs, its log says under LeaseSweeper what keeps"
          + " it",
      Asks.GRACE),
  OVERDUE_PREPARATIONS(
      "I5",
      Severity.STUCK,
      FsckSql.OVERDUE_PREPARATIONS,
      "nobody sweeps: start a scheduler; if one runs, its log says under LeaseSweeper what keeps"
          + " it",
      Asks.GRACE),
  STATES(
      "I6",
      Severity.DAMAGE,
      FsckSql.STATES,
      "workers may compute what nobody wants: set the chunk's state to cancelled, or end the job"),
  OWNERS(
      "I6",
      Severity.DAMAGE,
      FsckSql.OWNERS,
      "it was changed by other means than the product's: look who did"),
  SPANS(
      "I7",
      Severity.DAMAGE,
      FsckSql.SPANS,
      "times or order of the transcript are wrong: submit the recording again"),
  TEXTS(
      "I7",
      Severity.DAMAGE,
      FsckSql.TEXTS,
      "the transcript cannot be trusted here: submit the recording again",
      Asks.SINCE);

  /** What a statement takes before its bound of rows. */
  enum Asks {
    NOTHING,
    /** How long a lease may be over, in milliseconds. */
    GRACE,
    /** The first job id that matters. */
    SINCE
  }

  private final String invariant;
  private final Severity severity;
  private final String sql;
  private final String remedy;
  private final Asks asks;

  FsckRule(String invariant, Severity severity, String sql, String remedy) {
    this(invariant, severity, sql, remedy, Asks.NOTHING);
  }

  FsckRule(String invariant, Severity severity, String sql, String remedy, Asks asks) {
    this.invariant = invariant;
    this.severity = severity;
    this.sql = sql;
    this.remedy = remedy;
    this.asks = asks;
  }

  String invariant() {
    return invariant;
  }

  Severity severity() {
    return severity;
  }

  String sql() {
    return sql;
  }

  String remedy() {
    return remedy;
  }

  Asks asks() {
    return asks;
  }
}
