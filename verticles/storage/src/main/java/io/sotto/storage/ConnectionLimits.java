package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Whether the server lets in what all nodes' pools may ask for together. A limit below that shows
 * in the middle of a rolling update, when old and new nodes hold connections and the new ones get
 * none.
 */
public final class ConnectionLimits {
  private static final String LIMITS =
      """
      select r.rolname, r.rolconnlimit,
        current_setting('max_connections')::int
          - current_setting('superuser_reserved_connections')::int as open
      from pg_roles r where r.rolname = current_user\
      """;

  private ConnectionLimits() {}

  /**
   * Fails where {@code nodes} pools, and a connection more of each for its start, are too many.
   * Blocks.
   */
  public static void check(PgOptions options, int nodes) {
    int wanted = nodes * (options.poolSize() + 1);
    try (Connection connection = Migrations.jdbc(options, "sotto-limits").getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(LIMITS)) {
      row.next();
      int role = row.getInt("rolconnlimit");
      refuse(role < 0 || role >= wanted, wanted, nodes, "role " + row.getString("rolname"), role);
      int open = row.getInt("open");
      refuse(open >= wanted, wanted, nodes, "server (max_connections)", open);
    } catch (SQLException e) {
      throw new SottoException(
          FailureCode.STORE_DOWN, options + " cannot be asked for limits: " + e.getMessage(), e);
    }
  }

  private static void refuse(boolean fits, int wanted, int nodes, String who, int limit) {
    if (!fits) {
      throw new SottoException(
          FailureCode.STORE_DOWN,
          "%d nodes (database.nodes-max) may want %d connections, and the %s allows %d: raise that limit, or lower database.pool-size or database.nodes-max"
              .formatted(nodes, wanted, who, limit));
    }
  }
}
