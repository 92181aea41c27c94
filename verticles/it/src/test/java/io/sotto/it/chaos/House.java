package io.sotto.it.chaos;

import io.sotto.embedded.S3Server;
import io.sotto.it.Recordings;
import io.sotto.storage.PgOptions;
import io.sotto.storage.S3Options;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * A whole cluster on this machine: PostgreSQL and S3, each behind a proxy, nodes that serve,
 * prepare and schedule, and nodes that transcribe. Knows every process it started and ends those
 * alone.
 */
final class House implements AutoCloseable {
  private static final int PORTS_FROM = 20_000;
  private static final int PORTS_EACH = 20;
  private static final int PORT_RANGES = 400;

  private final Database database;
  private final S3Server store;
  private final FaultProxy storeProxy;
  private final List<Member> fronts = new ArrayList<>();
  private final List<Member> workers = new ArrayList<>();

  /** How large a house, and how long its fake engine takes for a chunk. */
  record Size(int fronts, int workers, long latencyMs) {}

  private House(Database database, S3Server store, FaultProxy storeProxy) {
    this.database = database;
    this.store = store;
    this.storeProxy = storeProxy;
  }

  /** Returns when every node is ready. {@code ear} hears all their lines. */
  static House open(Path folder, Size size, Consumer<String> ear) throws Exception {
    return open(folder, size, Map.of(), ear);
  }

  /** {@code settings} are environment variables of all nodes, beside those of the house. */
  static House open(Path folder, Size size, Map<String, String> settings, Consumer<String> ear)
      throws Exception {
    S3Server store = S3Server.start(folder.resolve("s3"));
    FaultProxy storeProxy = FaultProxy.open(URI.create(store.options().endpoint()).getPort());
    House house = new House(Database.start(folder.resolve("postgres")), store, storeProxy);
    try {
      house.start(folder, size, settings, ear);
      return house;
    } catch (Exception e) {
      house.close();
      throw e;
    }
  }

  private void start(Path folder, Size size, Map<String, String> settings, Consumer<String> ear)
      throws Exception {
    Map<String, String> common = environment();
    common.putAll(settings);
    for (int i = 1; i <= size.fronts(); i++) {
      fronts.add(
          new Member("front-" + i, "http,ingest,scheduler", common, folder, size.latencyMs(), ear));
    }
    for (int i = 1; i <= size.workers(); i++) {
      workers.add(new Member("worker-" + i, "worker", common, folder, size.latencyMs(), ear));
    }
    fronts.getFirst().start(); // it makes the tables and the bucket
    fronts.getFirst().ready();
    for (Member member : everyone()) {
      if (member != fronts.getFirst()) {
        member.start();
      }
    }
    for (Member member : everyone()) {
      member.ready();
    }
  }

  private Map<String, String> environment() {
    PgOptions pg = database.options();
    S3Options s3 = store.options();
    Map<String, String> all = new HashMap<>();
    all.put("SOTTO_DATABASE_HOST", "127.0.0.1");
    all.put("SOTTO_DATABASE_PORT", Integer.toString(database.proxy().port()));
    all.put("SOTTO_DATABASE_NAME", pg.database());
    all.put("SOTTO_DATABASE_USER", pg.user());
    all.put("SOTTO_DATABASE_PASSWORD", pg.password());
    all.put("SOTTO_S3_ENDPOINT", "http://127.0.0.1:" + storeProxy.port());
    all.put("SOTTO_S3_REGION", s3.region());
    all.put("SOTTO_S3_BUCKET", s3.bucket());
    all.put("SOTTO_S3_ACCESS_KEY", s3.accessKey());
    all.put("SOTTO_S3_SECRET_KEY", s3.secretKey());
    all.put("SOTTO_HTTP_PORT", "0");
    all.put("SOTTO_HTTP_MANAGEMENT_PORT", "0");
    all.put("SOTTO_WORKER_MODELS", FakeEngines.MODEL);
    all.put("SOTTO_NODE_CACHE", Recordings.HOME.resolve("target/cache").toString());
    all.put("SOTTO_NODE_DRAIN_TIMEOUT", "9s");
    long pid = ProcessHandle.current().pid();
    long ports = PORTS_FROM + pid % PORT_RANGES * PORTS_EACH;
    all.put("SOTTO_CLUSTER_NAME", "chaos-" + pid + "-" + database.proxy().port());
    all.put("SOTTO_CLUSTER_PORT", Long.toString(ports));
    all.put("SOTTO_CLUSTER_PORT_COUNT", Integer.toString(PORTS_EACH));
    return all;
  }

  /** All nodes. */
  List<Member> everyone() {
    List<Member> all = new ArrayList<>(fronts);
    all.addAll(workers);
    return all;
  }

  Database database() {
    return database;
  }

  FaultProxy storeProxy() {
    return storeProxy;
  }

  List<Member> fronts() {
    return fronts;
  }

  List<Member> workers() {
    return workers;
  }

  /** Where the APIs listen that are said to be there; one of them may just have died. */
  List<URI> urls() {
    return fronts.stream().flatMap(front -> front.url().stream()).map(URI::create).toList();
  }

  @Override
  public void close() throws IOException {
    storeProxy.heal();
    database.proxy().heal();
    try (ExecutorService leaving = Executors.newVirtualThreadPerTaskExecutor()) {
      everyone().forEach(member -> leaving.execute(member::close));
    }
    storeProxy.close();
    store.close();
    database.close();
  }
}
