package io.sotto.embedded;

import io.sotto.storage.PgOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server as a child process: on loopback, with a password, fsync and synchronous
 * commit on, its data kept. A server that outlived its killed parent is stopped first.
 */
public final class PostgresServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
  private static final String USER = "sotto";
  private static final String DATABASE = "postgres";
  private static final int POOL_SIZE = 8;
  private static final int INITDB_TIMEOUT_S = 60;
  private static final int START_TIMEOUT_MS = 30_000;
  private static final int STOP_TIMEOUT_S = 15;
  private static final int STATUS_LINE = 7;
  private static final int LOOK_EVERY_MS = 10;

  private final Path cluster;
  private final Process process;
  private final PgOptions options;

  private PostgresServer(Path cluster, Process process, PgOptions options) {
    this.cluster = cluster;
    this.process = process;
    this.options = options;
  }

  /** Starts on the data in {@code folder}, made if there is none; programs lie in {@code cache}. */
  public static PostgresServer start(Path folder, Path cache) {
    PostgresBinaries binaries = PostgresBinaries.unpack(cache);
    try {
      PrivateFiles.folder(folder);
      Path cluster = folder.resolve("cluster");
      String password = PrivateFiles.secret(folder.resolve("password"));
      if (Files.notExists(cluster.resolve("PG_VERSION"))) {
        initialise(binaries, cluster, folder.resolve("password"));
      }
      stopOrphan(cluster);
      return launch(binaries, cluster, password);
    } catch (IOException e) {
      throw new EmbeddedException("PostgreSQL cannot be started in " + folder, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EmbeddedException("interrupted while PostgreSQL started");
    }
  }

  private static void initialise(PostgresBinaries binaries, Path cluster, Path password)
      throws IOException, InterruptedException {
    PrivateFiles.deleteTree(cluster);
    List<String> command =
        binaries.command(
            "initdb",
            "--pgdata=" + cluster,
            "--username=" + USER,
            "--pwfile=" + password,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-instructions");
    Path log = cluster.resolveSibling("initdb.log");
    Process initdb = run(command, log);
    if (!initdb.waitFor(INITDB_TIMEOUT_S, TimeUnit.SECONDS) || initdb.exitValue() != 0) {
      initdb.destroyForcibly();
      PrivateFiles.deleteTree(cluster);
      throw new EmbeddedException("initdb failed: " + tail(log));
    }
  }

  private static Process run(List<String> command, Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()));
    // a locale that this machine lacks must not decide whether the server starts
    builder.environment().put("LC_ALL", "C");
    return builder.start();
  }

  /** A postmaster that still holds these data: its JVM was killed. */
  private static void stopOrphan(Path cluster) throws IOException, InterruptedException {
    List<String> lock = lockFile(cluster);
    if (lock.isEmpty()) {
      return;
    }
    Optional<ProcessHandle> orphan = ProcessHandle.of(Long.parseLong(lock.getFirst().strip()));
    if (orphan.isPresent() && servesFrom(orphan.get(), cluster)) {
      LOG.info("stopping the PostgreSQL server {} of an earlier run", orphan.get().pid());
      stop(orphan.get());
    }
  }

  /** Stops a server that outlived the process which ran it on {@code folder}, if there is one. */
  static void stopOrphanOf(Path folder) throws IOException {
    try {
      stopOrphan(folder.resolve("cluster"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean servesFrom(ProcessHandle process, Path cluster) {
    try {
      Path line = Path.of("/proc", Long.toString(process.pid()), "cmdline");
      return Files.readString(line).contains(cluster.toString());
    } catch (IOException gone) {
      return false;
    }
  }

  private static List<String> lockFile(Path cluster) throws IOException {
    try {
      return Files.readAllLines(cluster.resolve("postmaster.pid"));
    } catch (NoSuchFileException free) {
      return List.of();
    }
  }

  private static PostgresServer launch(PostgresBinaries binaries, Path cluster, String password)
      throws IOException, InterruptedException {
    int port = freePort();
    Path log = cluster.resolveSibling("postgresql.log");
    List<String> command =
        binaries.command(
            "postgres",
            "-D",
            cluster.toString(),
            "-p",
            Integer.toString(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=on",
            "-c",
            "synchronous_commit=on",
            "-c",
            "max_connections=100",
            "-c",
            "shared_buffers=64MB");
    Process process = run(command, log);
    awaitReady(process, cluster, log);
    PgOptions options =
        new PgOptions("127.0.0.1", port, DATABASE, USER, password, POOL_SIZE, "disable");
    return new PostgresServer(cluster, process, options);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void awaitReady(Process process, Path cluster, Path log)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_TIMEOUT_MS);
    while (!ready(process, cluster)) {
      if (process.waitFor(LOOK_EVERY_MS, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new EmbeddedException("PostgreSQL did not start: " + tail(log));
      }
    }
  }

  /** The postmaster writes its state into the last line of its lock file. */
  private static boolean ready(Process process, Path cluster) throws IOException {
    List<String> lock = lockFile(cluster);
    return lock.size() > STATUS_LINE
        && lock.getFirst().strip().equals(Long.toString(process.pid()))
        && lock.get(STATUS_LINE).strip().equals("ready");
  }

  private static String tail(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  /** Where it listens, and the password. */
  public PgOptions options() {
    return options;
  }

  /** Ends sessions, writes everything down, stops; at most 15 s, then it is killed. */
  @Override
  public void close() {
    try {
      stop(process.toHandle());
    } catch (IOException e) {
      LOG.warn("stopping PostgreSQL in {} failed", cluster, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * SIGINT is PostgreSQL's fast shutdown; the JVM can only send SIGTERM, which waits for clients.
   */
  private static void stop(ProcessHandle server) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(server.pid())).start().waitFor();
    try {
      server.onExit().get(STOP_TIMEOUT_S, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      LOG.warn("PostgreSQL {} did not stop in {} s and is killed", server.pid(), STOP_TIMEOUT_S);
      server.destroyForcibly();
    }
  }
}
