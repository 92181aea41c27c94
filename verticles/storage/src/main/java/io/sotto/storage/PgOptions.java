package io.sotto.storage;

import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server. {@code login} is asked for every new connection, so that a password may
 * change while a node runs; {@code poolSize} connections at most, 1 to 200; {@code sslMode} as
 * libpq names it (disable, prefer, require, verify-ca, verify-full); {@code sslCa}: PEM file of the
 * CAs whose servers are trusted, else the JVM's.
 */
public record PgOptions(
    String host,
    int port,
    String database,
    Supplier<Login> login,
    int poolSize,
    String sslMode,
    @Nullable Path sslCa) {

  /** Who logs in. */
  public record Login(String user, String password) {
    /** The password stays out of logs. */
    @Override
    public String toString() {
      return user;
    }
  }

  public PgOptions {
    if (poolSize < 1 || poolSize > 200) {
      throw new IllegalArgumentException("pool size must be 1 to 200, is " + poolSize);
    }
  }

  /** One login for ever, and the JVM's CAs. */
  public PgOptions(
      String host,
      int port,
      String database,
      String user,
      String password,
      int poolSize,
      String sslMode) {
    this(host, port, database, new Always<>(new Login(user, password)), poolSize, sslMode, null);
  }

  public String user() {
    return login.get().user();
  }

  public String password() {
    return login.get().password();
  }

  /** The password stays out of logs. */
  @Override
  public String toString() {
    return "postgresql://" + user() + "@" + host + ":" + port + "/" + database;
  }
}
