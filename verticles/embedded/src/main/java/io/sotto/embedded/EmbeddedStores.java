package io.sotto.embedded;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sotto.storage.PgOptions;
import io.sotto.storage.S3Options;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The stores of one data folder. The first process to lock the folder runs them; the others on this
 * machine find in it where they listen, and use them as long as the first one lives.
 */
public final class EmbeddedStores implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ENDPOINTS = "endpoints.json";
  private static final long WAIT_S = 30;
  private static final long LOOK_EVERY_MS = 50;

  private final Endpoints endpoints;
  private final @Nullable Running running;

  /** What other processes read; only the folder's owner can. */
  record Endpoints(long pid, Database postgres, Objects s3) {
    static Endpoints of(PgOptions postgres, S3Options s3) {
      return new Endpoints(ProcessHandle.current().pid(), Database.of(postgres), Objects.of(s3));
    }
  }

  /** A {@link PgOptions} whose login stays. */
  record Database(
      String host,
      int port,
      String database,
      String user,
      String password,
      int poolSize,
      String sslMode) {
    static Database of(PgOptions o) {
      return new Database(
          o.host(), o.port(), o.database(), o.user(), o.password(), o.poolSize(), o.sslMode());
    }

    PgOptions options() {
      return new PgOptions(host, port, database, user, password, poolSize, sslMode);
    }
  }

  /** An {@link S3Options} whose keys stay. */
  record Objects(
      String endpoint,
      String region,
      String bucket,
      String accessKey,
      String secretKey,
      boolean pathStyle) {
    static Objects of(S3Options o) {
      return new Objects(
          o.endpoint(), o.region(), o.bucket(), o.accessKey(), o.secretKey(), o.pathStyle());
    }

    S3Options options() {
      return new S3Options(endpoint, region, bucket, accessKey, secretKey, pathStyle);
    }
  }

  private record Running(PostgresServer postgres, S3Server s3, FileChannel lock, Path file) {}

  private EmbeddedStores(Endpoints endpoints, @Nullable Running running) {
    this.endpoints = endpoints;
    this.running = running;
  }

  /** Runs the stores of {@code data}, or finds those that another process runs. */
  public static EmbeddedStores open(Path data, Path cache) {
    return open(data, cache, true);
  }

  /**
   * For a look at the stores of {@code data}: those that another process runs, or else its own,
   * which nobody finds who would miss them when the look is over.
   */
  public static EmbeddedStores visit(Path data, Path cache) {
    if (Files.notExists(data.resolve("postgres"))) {
      throw new EmbeddedException(
          "there are no stores in " + data + "; name the folder of a node with --data");
    }
    return open(data, cache, false);
  }

  private static EmbeddedStores open(Path data, Path cache, boolean announced) {
    try {
      PrivateFiles.folder(data);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
      while (System.nanoTime() < deadline) {
        FileChannel lock = lock(data);
        if (lock != null) {
          return run(data, cache, lock, announced);
        }
        Endpoints found = read(data.resolve(ENDPOINTS));
        if (found != null && ProcessHandle.of(found.pid).isPresent()) {
          return new EmbeddedStores(found, null);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_EVERY_MS));
      }
      throw new EmbeddedException(
          "another process holds " + data + " but its stores did not come up in " + WAIT_S + " s");
    } catch (IOException e) {
      throw new EmbeddedException("the data folder " + data + " cannot be used", e);
    }
  }

  private static @Nullable FileChannel lock(Path data) throws IOException {
    FileChannel channel =
        FileChannel.open(data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException heldByThisProcess) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      return null;
    }
    return channel;
  }

  private static @Nullable Endpoints read(Path file) throws IOException {
    try {
      return JSON.readValue(Files.readString(file), Endpoints.class);
    } catch (NoSuchFileException notYet) {
      return null;
    }
  }

  private static EmbeddedStores run(Path data, Path cache, FileChannel lock, boolean announced)
      throws IOException {
    Path file = data.resolve(ENDPOINTS);
    Files.deleteIfExists(file);
    CompletableFuture<S3Server> s3 =
        CompletableFuture.supplyAsync(() -> S3Server.start(data.resolve("s3")));
    PostgresServer postgres = PostgresServer.start(data.resolve("postgres"), cache);
    S3Server objects;
    try {
      objects = s3.join();
    } catch (CompletionException e) {
      postgres.close();
      throw e.getCause() instanceof EmbeddedException ours ? ours : e;
    }
    Endpoints endpoints = Endpoints.of(postgres.options(), objects.options());
    if (announced) {
      PrivateFiles.write(file, JSON.writeValueAsString(endpoints));
    }
    return new EmbeddedStores(endpoints, new Running(postgres, objects, lock, file));
  }

  public PgOptions postgres() {
    return endpoints.postgres.options();
  }

  public S3Options s3() {
    return endpoints.s3.options();
  }

  /** Whether this process runs them; else it only uses them. */
  public boolean ours() {
    return running != null;
  }

  @Override
  public void close() {
    if (running == null) {
      return;
    }
    try {
      Files.deleteIfExists(running.file);
      running.s3.close();
      running.postgres.close();
      running.lock.close();
    } catch (IOException e) {
      throw new EmbeddedException("the data folder cannot be given free", e);
    }
  }
}
