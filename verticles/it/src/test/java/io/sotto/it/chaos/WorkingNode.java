package io.sotto.it.chaos;

import io.sotto.embedded.S3Server;
import io.sotto.it.Recordings;
import io.sotto.storage.Fsck;
import io.sotto.storage.PgOptions;
import io.sotto.storage.S3Options;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One node of all roles with clients, on a server whose backups are drilled. */
final class WorkingNode implements AutoCloseable {
  private static final long LATENCY_MS = 300;
  private static final int SOUNDS = 4;
  private static final int PORTS_FROM = 28_000;
  private static final int PORT_RANGE = 20;
  private static final Fsck.Bounds FSCK =
      new Fsck.Bounds(
          100, Duration.ofMinutes(1), Fsck.Bounds.USUAL.grace(), Fsck.Bounds.USUAL.texts());

  private final Path folder;
  private final ArchivingPostgres server;
  private final S3Server store;
  private final Recorder recorder;
  private final Client client;
  private final Load load;
  private Member member;

  private WorkingNode(Path folder, ArchivingPostgres server) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.server = server;
    this.store = S3Server.start(folder.resolve("s3"));
    this.recorder = Recorder.open(folder.resolve("facts.txt"));
    this.client = new Client(() -> member.url().map(URI::create).stream().toList(), recorder);
    this.load = new Load(client, recorder, Sound.several(SOUNDS));
  }

  /** Returns when it is ready. */
  static WorkingNode open(Path folder, ArchivingPostgres server) throws Exception {
    WorkingNode node = new WorkingNode(folder, server);
    try {
      node.start();
      return node;
    } catch (Exception e) {
      node.close();
      throw e;
    }
  }

  /** On what the server serves now. */
  void start() throws Exception {
    var spot = Ground.LOOPBACK.spot("node-" + server.port());
    member =
        new Member(
            spot, "http,ingest,scheduler,worker", environment(), folder, LATENCY_MS, line -> {});
    member.start();
    member.ready();
  }

  private Map<String, String> environment() {
    Map<String, String> all = new HashMap<>(stores());
    all.put("SOTTO_SCHEDULER_AUDIO_GRACE", "1h");
    all.put("SOTTO_HTTP_PORT", "0");
    all.put("SOTTO_HTTP_MANAGEMENT_PORT", "0");
    all.put("SOTTO_WORKER_MODELS", FakeEngines.MODEL);
    all.put("SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString());
    all.put("SOTTO_CLUSTER_NAME", "drill-" + server.port());
    all.put("SOTTO_CLUSTER_PORT", Integer.toString(PORTS_FROM));
    all.put("SOTTO_CLUSTER_PORT_COUNT", Integer.toString(PORT_RANGE));
    return all;
  }

  /** The settings that name both stores. */
  Map<String, String> stores() {
    S3Options s3 = store.options();
    return Map.of(
        "SOTTO_DATABASE_HOST", "127.0.0.1",
        "SOTTO_DATABASE_PORT", Integer.toString(server.port()),
        "SOTTO_DATABASE_NAME", ArchivingPostgres.USER,
        "SOTTO_DATABASE_USER", ArchivingPostgres.USER,
        "SOTTO_DATABASE_PASSWORD", ArchivingPostgres.PASSWORD,
        "SOTTO_S3_ENDPOINT", s3.endpoint(),
        "SOTTO_S3_REGION", s3.region(),
        "SOTTO_S3_BUCKET", s3.bucket(),
        "SOTTO_S3_ACCESS_KEY", s3.accessKey(),
        "SOTTO_S3_SECRET_KEY", s3.secretKey());
  }

  void load(int clients, long seed) {
    load.start(clients, seed);
  }

  /** It dies at once, and its clients ask for nothing more. */
  void kill() throws InterruptedException {
    load.stop(1);
    member.kill();
  }

  /** What {@code sotto fsck} finds, a violation a line. */
  List<String> fsck() {
    PgOptions pg =
        new PgOptions(
            "127.0.0.1",
            server.port(),
            ArchivingPostgres.USER,
            ArchivingPostgres.USER,
            ArchivingPostgres.PASSWORD,
            1,
            "disable");
    return Fsck.check(pg, FSCK).violations().stream().map(Object::toString).toList();
  }

  @Override
  public void close() throws IOException {
    client.close();
    if (member != null) {
      member.close();
    }
    store.close();
    recorder.close();
  }
}
