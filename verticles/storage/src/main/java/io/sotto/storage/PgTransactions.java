package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.SslMode;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The pool, its time limits, and the way transactions are run: deadlocks and serialization failures
 * are tried again, whatever else the server or the network says arrives as {@code STORE_DOWN}.
 */
final class PgTransactions {
  /** What the pool is called in metrics. */
  private static final String POOL = "database";

  private static final int RETRIES = 5;
  private static final int RETRY_MS_MAX = 40;
  private static final int LOGIN_RETRIES = 24;
  private static final int LOGIN_RETRY_MS = 250;
  private static final int WAITING_MAX = 512;
  private static final int WAIT_FOR_CONNECTION_S = 5;

  /**
   * A statement ends after 5 s on the server's side. From a server that says nothing for longer
   * (its machine is gone, a firewall forgot the connection) no answer comes any more, and TCP alone
   * would wait for a quarter of an hour.
   */
  private static final int SILENCE_S = 8;

  /** Connections that nobody needs leave the pool before their silence ends them. */
  private static final int IDLE_S = 5;

  private static final int CLEAN_MS = 1_000;

  /** The claims are longer than the client's own limit, and would be parsed anew every time. */
  private static final int CACHED_SQL_CHARS_MAX = 8192;

  /** Bounds on the server's side: a statement that hangs ends there too. */
  private static final Map<String, String> SESSION =
      Map.of(
          "application_name", "sotto",
          "statement_timeout", "5000",
          "lock_timeout", "2000",
          "idle_in_transaction_session_timeout", "10000",
          "plan_cache_mode", "force_custom_plan");

  private final Vertx vertx;
  private final Pool pool;
  private final String server;
  private final StoreMeters meters;

  PgTransactions(Vertx vertx, PgOptions options, StoreMeters meters) {
    this.vertx = vertx;
    this.meters = meters;
    this.server = options.toString();
    PoolOptions size =
        new PoolOptions()
            .setMaxSize(options.poolSize())
            .setMaxWaitQueueSize(WAITING_MAX)
            .setConnectionTimeout(WAIT_FOR_CONNECTION_S)
            .setConnectionTimeoutUnit(TimeUnit.SECONDS)
            .setIdleTimeout(IDLE_S)
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setPoolCleanerPeriod(CLEAN_MS)
            .setName(POOL);
    NetClientOptions net = new NetClientOptions().setReadIdleTimeout(SILENCE_S);
    pool =
        PgBuilder.pool()
            .with(size)
            .with(net)
            .connectingTo(() -> Future.succeededFuture(connection(options)))
            .using(vertx)
            .build();
  }

  /** Of every new connection: the login may have changed since the last. */
  private static PgConnectOptions connection(PgOptions options) {
    SslMode ssl = SslMode.of(options.sslMode());
    PgOptions.Login login = options.login().get();
    PgConnectOptions connect =
        new PgConnectOptions()
            .setHost(options.host())
            .setPort(options.port())
            .setDatabase(options.database())
            .setUser(login.user())
            .setPassword(login.password())
            .setCachePreparedStatements(true)
            .setPreparedStatementCacheSqlLimit(CACHED_SQL_CHARS_MAX)
            .setSslMode(ssl);
    connect.setProperties(new java.util.HashMap<>(SESSION));
    connect.setReconnectAttempts(0);
    if (ssl != SslMode.DISABLE) {
      connect.setSslOptions(tls(ssl, options.sslCa()));
    }
    return connect;
  }

  private static ClientSSLOptions tls(SslMode mode, @Nullable Path ca) {
    boolean verify = mode == SslMode.VERIFY_CA || mode == SslMode.VERIFY_FULL;
    ClientSSLOptions tls =
        new ClientSSLOptions()
            .setTrustAll(!verify)
            .setHostnameVerificationAlgorithm(mode == SslMode.VERIFY_FULL ? "HTTPS" : "");
    if (verify && ca != null) {
      tls.setTrustOptions(new PemTrustOptions().addCertPath(ca.toString()));
    }
    return tls;
  }

  /** One statement in a transaction of its own. */
  Future<RowSet<Row>> run(String sql, Tuple parameters) {
    return counted(() -> query(pool, sql, parameters));
  }

  /** Several statements, all or none. */
  <T> Future<T> transaction(Function<SqlConnection, Future<T>> work) {
    return counted(() -> pool.withTransaction(work));
  }

  private <T> Future<T> counted(Supplier<Future<T>> work) {
    return meters.database(System.nanoTime(), guarded(work, RETRIES, LOGIN_RETRIES));
  }

  static Future<RowSet<Row>> query(SqlClient client, String sql, Tuple parameters) {
    return client.preparedQuery(sql).execute(parameters);
  }

  static List<Row> rows(RowSet<Row> found) {
    return StreamSupport.stream(found.spliterator(), false).toList();
  }

  private <T> Future<T> guarded(Supplier<Future<T>> work, int retries, int logins) {
    return work.get()
        .recover(
            failure -> {
              if (retries > 0 && clashed(failure)) {
                return vertx
                    .timer(ThreadLocalRandom.current().nextInt(1, RETRY_MS_MAX))
                    .compose(waited -> guarded(work, retries - 1, logins));
              }
              if (logins > 0 && loginRefused(failure)) {
                return vertx
                    .timer(LOGIN_RETRY_MS)
                    .compose(waited -> guarded(work, retries, logins - 1));
              }
              return Future.failedFuture(translate(failure));
            });
  }

  /** Deadlock detected, or could not serialize: nothing happened, and it may well the next time. */
  private static boolean clashed(Throwable failure) {
    return failure instanceof PgException pg
        && ("40P01".equals(pg.getSqlState()) || "40001".equals(pg.getSqlState()));
  }

  /** A password is being changed: the server or this node's file is ahead by a moment. */
  private static boolean loginRefused(Throwable failure) {
    return failure instanceof PgException pg && "28P01".equals(pg.getSqlState());
  }

  private SottoException translate(Throwable failure) {
    if (failure instanceof SottoException ours) {
      return ours;
    }
    boolean defect =
        failure instanceof PgException pg && pg.getSqlState().startsWith("42")
            || failure instanceof IllegalStateException
            || failure instanceof NullPointerException;
    FailureCode code = defect ? FailureCode.INTERNAL : FailureCode.STORE_DOWN;
    if (failure instanceof PgException pg && pg.getSqlState().startsWith("53")) {
      code = pg.getSqlState().equals("53100") ? FailureCode.STORAGE_FULL : FailureCode.STORE_DOWN;
    }
    return new SottoException(code, server + ": " + failure.getMessage(), failure);
  }

  Future<Void> close() {
    return pool.close();
  }
}
