package io.sotto.it.chaos;

import io.vertx.sqlclient.Row;
import java.util.List;

/**
 * How long work stands in the database in the name of a scheduler that is gone: until others have
 * finished it, or given it back to do it again.
 */
final class Takeover {
  private static final long LOOK_EVERY_MS = 200;

  /** What is in the name of one node. */
  private static final String OWNED =
      """
      select (select count(*) from chunk where state = 'leased' and owner = '%1$s')
        + (select count(*) from job where state = 'preparing' and owner = '%1$s') as works
      """;

  private final Database database;

  Takeover(Database database) {
    this.database = database;
  }

  /**
   * Waits until nothing is in the name of {@code node}, which went at {@code sinceNanos}; gives how
   * many milliseconds that took, {@code mostMs} if longer.
   */
  double ms(String node, long sinceNanos, long mostMs) throws Exception {
    double ms = since(sinceNanos);
    while (owned(node) > 0 && ms < mostMs) {
      Pause.ms(LOOK_EVERY_MS);
      ms = since(sinceNanos);
    }
    return ms;
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }

  private long owned(String node) throws Exception {
    List<Row> rows = database.ask(OWNED.formatted(node));
    return rows.getFirst().getLong("works");
  }
}
