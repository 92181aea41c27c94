package io.sotto.it.chaos;

import io.sotto.embedded.PostgresServer;
import io.sotto.it.Recordings;
import io.sotto.storage.PgOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The PostgreSQL server of a house, with the nodes before it behind a {@link FaultProxy}; it is
 * asked straight, past the proxy.
 */
final class Database implements AutoCloseable {
  private static final long ANSWER_S = 20;
  private static final String SESSIONS =
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sotto'";
  private static final String A_SESSION =
      "select pg_terminate_backend(pid) from (select pid from pg_stat_activity"
          + " where application_name = 'sotto' order by random() limit 1) one";

  private static final int CONNECTIONS_SPARED = 3;
  private static final String CONNECTIONS_LEFT =
      "select current_setting('max_connections')::bigint - count(*) as n from pg_stat_activity"
          + " where backend_type = 'client backend'";

  private final Path folder;
  private final Vertx vertx = Vertx.vertx();
  private final FaultProxy proxy;
  private PostgresServer server;

  /** A harness that is ended leaves no server behind. */
  private final Thread lastWill = Thread.ofPlatform().unstarted(this::closeServer);

  private Database(Path folder, PostgresServer server, FaultProxy proxy) {
    this.folder = folder;
    this.server = server;
    this.proxy = proxy;
  }

  static Database start(Path folder) throws IOException {
    return start(folder, Ground.LOOPBACK.host());
  }

  /** Its proxy listens on {@code host}. */
  static Database start(Path folder, String host) throws IOException {
    PostgresServer server = PostgresServer.start(folder, cache());
    FaultProxy proxy = FaultProxy.open(host, server.options().port());
    Database database = new Database(folder, server, proxy);
    Runtime.getRuntime().addShutdownHook(database.lastWill);
    return database;
  }

  private static Path cache() {
    return Recordings.HOME.resolve("target/cache");
  }

  FaultProxy proxy() {
    return proxy;
  }

  PgOptions options() {
    return server.options();
  }

  /** Of the server, whose children serve its sessions. */
  long pid() throws IOException {
    Path file = folder.resolve("cluster/postmaster.pid");
    return Long.parseLong(Files.readAllLines(file).getFirst().strip());
  }

  /** SIGQUIT: an immediate shutdown, which writes nothing down and needs recovery. */
  void quit() throws IOException, InterruptedException {
    long pid = pid();
    new ProcessBuilder("kill", "-QUIT", Long.toString(pid)).start().waitFor();
    ProcessHandle.of(pid).ifPresent(Database::awaitExit);
  }

  private static void awaitExit(ProcessHandle server) {
    server.onExit().orTimeout(ANSWER_S, TimeUnit.SECONDS).join();
  }

  /** After {@link #quit}: on the same data, on another port that the proxy knows. */
  void comeBack() {
    server = PostgresServer.start(folder, cache());
    proxy.target(server.options().port());
  }

  /** Ends every session of the product's; gives how many there were. */
  int terminateSessions() throws Exception {
    return ask(SESSIONS).size();
  }

  /** Ends one session of the product's, by chance. */
  void terminateSession() throws Exception {
    ask(A_SESSION);
  }

  /** A transaction that holds every row that dies from now on in its place. */
  record Held(PgConnection connection) {
    void release() throws Exception {
      await(connection.query("rollback").execute());
      await(connection.close());
    }
  }

  Held hold() throws Exception {
    PgConnection connection = await(PgConnection.connect(vertx, straight()));
    await(connection.query("begin isolation level repeatable read").execute());
    await(connection.query("select pg_current_xact_id(), count(*) from job").execute());
    return new Held(connection);
  }

  /** Sessions that do nothing. */
  record Crowd(List<PgConnection> idle) {
    void leave() throws Exception {
      for (PgConnection one : idle) {
        await(one.close());
      }
    }
  }

  /** Takes every connection that the server has left, but a few for whoever looks after it. */
  Crowd crowd() throws Exception {
    long left = ask(CONNECTIONS_LEFT).getFirst().getLong("n") - CONNECTIONS_SPARED;
    List<PgConnection> idle = new ArrayList<>();
    for (int i = 0; i < left; i++) {
      idle.add(await(PgConnection.connect(vertx, straight())));
    }
    return new Crowd(idle);
  }

  private PgConnectOptions straight() {
    PgOptions to = server.options();
    return new PgConnectOptions()
        .setHost(to.host())
        .setPort(to.port())
        .setDatabase(to.database())
        .setUser(to.user())
        .setPassword(to.password());
  }

  private static <T> T await(Future<T> answer) throws Exception {
    return answer.toCompletionStage().toCompletableFuture().get(ANSWER_S, TimeUnit.SECONDS);
  }

  /** The rows of one statement. */
  List<Row> ask(String sql) throws Exception {
    Pool pool =
        PgBuilder.pool()
            .with(new PoolOptions().setMaxSize(1))
            .connectingTo(straight())
            .using(vertx)
            .build();
    try {
      RowSet<Row> found = await(pool.query(sql).execute());
      List<Row> rows = new ArrayList<>();
      found.forEach(rows::add);
      return rows;
    } finally {
      pool.close();
    }
  }

  @Override
  public void close() throws IOException {
    Runtime.getRuntime().removeShutdownHook(lastWill);
    proxy.close();
    closeServer();
    vertx.close();
  }

  private void closeServer() {
    server.close();
  }
}
