package io.sotto.storage;

/**
 * A PostgreSQL server. {@code poolSize} connections at most, 1 to 200; {@code sslMode} as libpq
 * names it (disable, prefer, require, verify-ca, verify-full).
 */
public record PgOptions(
    String host,
    int port,
    String database,
    String user,
    String password,
    int poolSize,
    String sslMode) {
  public PgOptions {
    if (poolSize < 1 || poolSize > 200) {
      throw new IllegalArgumentException("pool size must be 1 to 200, is " + poolSize);
    }
  }

  /** The password stays out of logs. */
  @Override
  public String toString() {
    return "postgresql://" + user + "@" + host + ":" + port + "/" + database;
  }
}
