package io.sotto.it.chaos;

import io.sotto.embedded.S3Server;
import io.sotto.it.Recordings;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.storage.NewJob;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.PgOptions;
import io.sotto.storage.S3Options;
import io.sotto.storage.StoredAudio;
import io.sotto.testkit.Await;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How far one scheduler and one PostgreSQL server carry: a real node that schedules, on a real
 * server, and fleets of 10 to 10,000 simulated GPUs that always find work. A GPU transcribes 50
 * seconds of speech a second, half a second for a chunk of 25; eight of them are a node. Beyond
 * what the machine carries the fleet must wait and nothing may break down.
 */
final class FleetSizes implements Study {
  private static final String GPUS =
      System.getProperty("sotto.fleet.gpus", "10,30,100,300,1000,3000,10000");
  private static final int SECONDS = Integer.getInteger("sotto.fleet.seconds", 20);
  private static final int GPUS_A_NODE = 8;
  private static final long CHUNK_MS = 500;
  private static final int CHUNK_AUDIO_MS = 25_000;
  private static final int CHUNKS_A_JOB = 500;
  private static final long BACKLOG_MAX = 40_000;
  private static final long SETTLE_MS = 5_000;
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String SHA = "cd".repeat(32);

  @Override
  public String name() {
    return "fleet";
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    List<Outcome.Figure> figures = new ArrayList<>();
    List<String> findings = new ArrayList<>();
    try (S3Server store = S3Server.start(folder.resolve("s3"));
        Database database = Database.start(folder.resolve("postgres"))) {
      Map<String, String> environment = environment(database, store.options());
      try (Member scheduler =
          new Member(
              Ground.LOOPBACK.spot("scheduler"), "scheduler", environment, folder, 0, line -> {})) {
        scheduler.flags(List.of("-Xmx1g", "-XX:+ExitOnOutOfMemoryError"));
        scheduler.start();
        scheduler.ready();
        try (Fleet fleet = Fleet.join(environment)) {
          Work work = new Work(PgJobStore.create(fleet.vertx(), database.options()));
          for (String gpus : GPUS.split(",")) {
            Step step = step(Integer.parseInt(gpus), fleet, work, scheduler, database);
            figures.add(step.figure());
            out.accept(step.figure().line());
          }
          work.close();
        }
      }
      // the cluster is gone in the middle of its work: only contradictions count
      Checker.fsck(database).stream()
          .filter(violation -> !violation.startsWith("I1") && !violation.startsWith("I5"))
          .forEach(findings::add);
    }
    return new Seen(figures, findings);
  }

  private static Map<String, String> environment(Database database, S3Options s3) {
    PgOptions pg = database.options();
    Map<String, String> all = new HashMap<>();
    all.put("SOTTO_DATABASE_HOST", pg.host());
    all.put("SOTTO_DATABASE_PORT", Integer.toString(pg.port()));
    all.put("SOTTO_DATABASE_NAME", pg.database());
    all.put("SOTTO_DATABASE_USER", pg.user());
    all.put("SOTTO_DATABASE_PASSWORD", pg.password());
    all.put("SOTTO_S3_ENDPOINT", s3.endpoint());
    all.put("SOTTO_S3_REGION", s3.region());
    all.put("SOTTO_S3_BUCKET", s3.bucket());
    all.put("SOTTO_S3_ACCESS_KEY", s3.accessKey());
    all.put("SOTTO_S3_SECRET_KEY", s3.secretKey());
    all.put("SOTTO_HTTP_MANAGEMENT_PORT", "0");
    all.put("SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString());
    all.put("SOTTO_CLUSTER_NAME", "fleet-" + ProcessHandle.current().pid());
    all.put(
        "SOTTO_CLUSTER_PORT", Integer.toString(URI.create(s3.endpoint()).getPort() / 4 + 16_000));
    all.put("SOTTO_CLUSTER_PORT_COUNT", "20");
    return all;
  }

  /** What a fleet of so many did in so many seconds, and what that cost. */
  private record Step(int gpus, double demand, double done, double schedulerMs, double postgresMs) {
    Outcome.Figure figure() {
      return new Outcome.Figure(
          "%,d GPUs in %,d nodes".formatted(gpus, nodes(gpus)),
          String.format(
              Locale.ROOT,
              "%.0f chunks a second of %.0f wanted; a chunk costs the scheduler %.2f ms and"
                  + " PostgreSQL %.2f ms of a processor",
              done,
              demand,
              schedulerMs,
              postgresMs),
          "-");
    }
  }

  private static int nodes(int gpus) {
    return Math.ceilDiv(gpus, GPUS_A_NODE);
  }

  private static Step step(int gpus, Fleet fleet, Work work, Member scheduler, Database database)
      throws Exception {
    double demand = gpus * 1000.0 / CHUNK_MS;
    double wanted = demand * (SECONDS + SETTLE_MS / 1000.0) * 1.5;
    work.fill(fleet, (long) Math.min(BACKLOG_MAX, wanted));
    List<Fleet.Node> nodes = new ArrayList<>();
    for (int left = gpus; left > 0; left -= GPUS_A_NODE) {
      nodes.add(fleet.add(Math.min(left, GPUS_A_NODE), CHUNK_MS));
    }
    Pause.ms(SETTLE_MS); // until all have been heard and have work
    long before = fleet.reported();
    long schedulerMs = CpuTime.ms(scheduler.pid());
    long postgresMs = CpuTime.familyMs(database.pid());
    long begun = System.nanoTime();
    Pause.ms(SECONDS * 1000L);
    double seconds = (System.nanoTime() - begun) / 1e9;
    long done = fleet.reported() - before;
    Step step =
        new Step(
            gpus,
            demand,
            done / seconds,
            (CpuTime.ms(scheduler.pid()) - schedulerMs) / (double) Math.max(1, done),
            (CpuTime.familyMs(database.pid()) - postgresMs) / (double) Math.max(1, done));
    nodes.forEach(Fleet.Node::leave);
    Pause.ms(3_000); // until they are gone
    return step;
  }

  /** Jobs of chunks that are ready, as if ingest nodes had prepared them. */
  private static final class Work implements AutoCloseable {
    private final PgJobStore store;
    private final NodeId ingest = NodeId.create();
    private long chunks;

    Work(PgJobStore store) {
      this.store = store;
    }

    /** Until at least {@code backlog} are there that the fleet has not done. */
    void fill(Fleet fleet, long backlog) throws Exception {
      Fleet.wait(store.register(ingest, "ingest", "simulated", LONG));
      for (; chunks - fleet.reported() < backlog; chunks += CHUNKS_A_JOB) {
        JobId id = JobId.create(System.currentTimeMillis());
        AudioKey key = AudioKey.upload(id);
        TranscriptionOptions options =
            new TranscriptionOptions(FakeEngines.MODEL, "en", Task.TRANSCRIBE, null);
        Fleet.wait(
            store.insert(
                new NewJob(
                    id, 1, null, id.toString(), options, new StoredAudio(key, 1, SHA), "a", "b")));
      }
      List<Preparation> claimed;
      do {
        claimed = Fleet.wait(store.claimPreparations(ingest, 50, LONG));
        for (Preparation one : claimed) {
          record(one);
        }
      } while (!claimed.isEmpty());
    }

    private void record(Preparation of) throws Exception {
      List<PreparedChunk> chunks = new ArrayList<>();
      for (int seq = 0; seq < CHUNKS_A_JOB; seq++) {
        long from = (long) seq * CHUNK_AUDIO_MS;
        chunks.add(
            new PreparedChunk(
                seq,
                new Span(from, from + CHUNK_AUDIO_MS),
                AudioKey.chunk(new ChunkId(of.job(), seq)),
                SHA,
                CHUNK_AUDIO_MS * 32L));
      }
      long ms = (long) CHUNKS_A_JOB * CHUNK_AUDIO_MS;
      Fleet.wait(
          store.recordChunks(
              new ChunksPrepared(
                  of.job(),
                  of.attempt(),
                  ingest,
                  chunks,
                  ms,
                  new ChunksPrepared.End(CHUNKS_A_JOB, ms)),
              LONG));
    }

    @Override
    public void close() {
      Await.await(store.close());
    }
  }
}
