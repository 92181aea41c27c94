package io.sotto.it.chaos;

import io.sotto.it.Programs;
import io.sotto.it.Recordings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * A server of PostgreSQL's own package, which has the programs of backups, in a folder of its own.
 * It archives WAL as operators are told to. Everything is run as a user that is not root.
 */
final class ArchivingPostgres implements AutoCloseable {
  static final String USER = "postgres";
  static final String PASSWORD = "drill";
  private static final long LIMIT_S = 180;

  private final Path folder;
  private final Path bin;
  private Path data;
  private int port = Programs.freePort();

  /** How a program ended, and what it said. */
  record Ended(int status, String said) {}

  private ArchivingPostgres(Path folder, Path bin) throws IOException {
    this.folder = folder;
    this.bin = bin;
    this.data = folder.resolve("data");
  }

  /** Why there can be none on this machine. */
  static Optional<String> obstacle() throws Exception {
    Ended found = run(List.of(script("pg-bin.sh")), Map.of());
    if (found.status != 0) {
      return Optional.of(found.said);
    }
    Ended ended = run(asUser(List.of("test", "-r", script("restore.sh"))), Map.of());
    return ended.status == 0
        ? Optional.empty()
        : Optional.of("the user postgres is missing or cannot read " + Recordings.HOME);
  }

  /** A new one below the folder for temporary files. */
  static ArchivingPostgres start() throws Exception {
    Path bin = Path.of(done(run(List.of(script("pg-bin.sh")), Map.of())));
    Path folder = Path.of(done(run(asUser(List.of("mktemp", "-d")), Map.of())));
    ArchivingPostgres server = new ArchivingPostgres(folder, bin);
    done(server.program("mkdir", server.target().toString()));
    String make = "echo %s | '%s/initdb' -D '%s' -U %s -A scram-sha-256 --pwfile=/dev/stdin -N";
    done(server.program("bash", "-c", make.formatted(PASSWORD, bin, server.data, USER)));
    server.serve(server.data, true);
    return server;
  }

  /** Where its backups and its WAL go. */
  Path target() {
    return folder.resolve("backup");
  }

  Path folder() {
    return folder;
  }

  int port() {
    return port;
  }

  /** Serves {@code data}, once whatever was served before has ended. */
  void serve(Path other, boolean archiving) throws Exception {
    data = other;
    port = Programs.freePort();
    String options =
        "-c port=%d -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c archive_mode=%s"
            .formatted(port, archiving ? "on" : "off");
    String archive =
        " -c track_commit_timestamp=on -c archive_timeout=60s -c archive_command='%s \"%%p\""
            + " \"%%f\" %s'";
    done(
        program(
            bin.resolve("pg_ctl").toString(),
            "start",
            "-s",
            "-w",
            "-D",
            data.toString(),
            "-l",
            folder.resolve("log").toString(),
            "-o",
            options + archive.formatted(script("archive-wal.sh"), target())));
    until("recovery ends", () -> sql("select pg_is_in_recovery()").equals("f"));
  }

  /** Ends it as a crash does. */
  void crash() throws Exception {
    done(
        program(
            bin.resolve("pg_ctl").toString(), "stop", "-s", "-m", "immediate", "-D", "" + data));
  }

  /** Rows without decoration, a line each, their columns apart by a bar. */
  String sql(String statement) throws Exception {
    return done(program(psql(statement).toArray(String[]::new)));
  }

  /** The same in the background: nobody waits for its end. */
  Process begin(String statement) throws IOException {
    return builder(asUser(psql(statement)), environment())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private List<String> psql(String statement) {
    return List.of(
        bin.resolve("psql").toString(), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement);
  }

  /** Returns when all that was committed is in the archive. */
  void archived() throws Exception {
    String last = sql("select pg_walfile_name(pg_switch_wal())");
    String file = target().resolve("wal").resolve(last).toString();
    until(last + " is archived", () -> program("test", "-f", file).status == 0);
  }

  /** Looks until {@code holds}; {@code what} it waits for. */
  static void until(String what, Callable<Boolean> holds) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
    while (!holds.call()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + LIMIT_S + " s: " + what);
      }
      Pause.ms(100);
    }
  }

  /** A script of scripts/ with its arguments. */
  Ended sotto(Map<String, String> more, String name, String... arguments) throws Exception {
    List<String> line = new ArrayList<>(List.of(script(name)));
    line.addAll(List.of(arguments));
    Map<String, String> all = new HashMap<>(environment());
    all.putAll(more);
    return run(asUser(line), all);
  }

  Ended program(String... line) throws Exception {
    return run(asUser(List.of(line)), environment());
  }

  private Map<String, String> environment() {
    return Map.of(
        "PGHOST",
        "127.0.0.1",
        "PGPORT",
        Integer.toString(port),
        "PGUSER",
        USER,
        "PGPASSWORD",
        PASSWORD,
        "HOME",
        folder.toString());
  }

  /** What it said, of a program that must go well. */
  static String done(Ended ended) {
    if (ended.status != 0) {
      throw new AssertionError("status " + ended.status + ": " + ended.said);
    }
    return ended.said;
  }

  private static String script(String name) {
    return Recordings.HOME.resolve("scripts").resolve(name).toString();
  }

  private static List<String> asUser(List<String> line) {
    List<String> all = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      all.addAll(List.of("runuser", "-u", "postgres", "--"));
    }
    all.addAll(line);
    return all;
  }

  private static ProcessBuilder builder(List<String> line, Map<String, String> environment) {
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return builder.directory(Path.of("/").toFile());
  }

  private static Ended run(List<String> line, Map<String, String> environment) throws Exception {
    Path said = Files.createTempFile("sotto-drill", ".txt"); // a server would hold a pipe open
    try {
      Process process = builder(line, environment).redirectOutput(said.toFile()).start();
      if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("no end after " + LIMIT_S + " s: " + line);
      }
      return new Ended(process.exitValue(), Files.readString(said, StandardCharsets.UTF_8).strip());
    } finally {
      Files.delete(said);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      crash();
      done(program("rm", "-rf", folder.toString()));
    } catch (IOException e) {
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while it ended", e);
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}
