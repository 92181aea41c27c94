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
  record Size(int fronts, int workers, long latencyMs) {
    private List<Place> places(Map<String, String> own) {
      List<Place> places = new ArrayList<>();
      for (int i = 1; i <= fronts; i++) {
        places.add(new Place("front-" + i, "http,ingest,scheduler", own));
      }
      for (int i = 1; i <= workers; i++) {
        places.add(new Place("worker-" + i, "worker", own));
      }
      return places;
    }
  }

  /** A node of the house: {@code own} are settings that the others do not have. */
  record Place(String name, String roles, Map<String, String> own) {}

  private House(Database database, S3Server store, FaultProxy storeProxy) {
    this.database = database;
    this.store = store;
    this.storeProxy = storeProxy;
  }

  /** Returns when every node is ready. {@code ear} hears all their lines. */
  static House open(Path folder, Size size, Consumer<String> ear) throws Exception {
    return open(folder, size, Ground.LOOPBACK, ear);
  }

  /** The same; {@code more} is what every node's environment has besides. */
  static House open(Path folder, Size size, Map<String, String> more, Consumer<String> ear)
      throws Exception {
    return open(folder, size.places(more), size.latencyMs(), Ground.LOOPBACK, ear);
  }

  /** On {@code ground}: stores and clients at its host, every node at its own. */
  static House open(Path folder, Size size, Ground ground, Consumer<String> ear) throws Exception {
    return open(folder, size.places(Map.of()), size.latencyMs(), ground, ear);
  }

  /** The same of any nodes, of which the first serves: those that do are the fronts. */
  static House open(Path folder, List<Place> places, long latencyMs, Consumer<String> ear)
      throws Exception {
    return open(folder, places, latencyMs, Ground.LOOPBACK, ear);
  }

  private static House open(
      Path folder, List<Place> places, long latencyMs, Ground ground, Consumer<String> ear)
      throws Exception {
    S3Server store = S3Server.start(folder.resolve("s3"));
    int port = URI.create(store.options().endpoint()).getPort();
    FaultProxy storeProxy = FaultProxy.open(ground.host(), port);
    Database database = Database.start(folder.resolve("postgres"), ground.host());
    House house = new House(database, store, storeProxy);
    try {
      house.start(folder, places, latencyMs, ground, ear);
      return house;
    } catch (Exception e) {
      house.close();
      throw e;
    }
  }

  private void start(
      Path folder, List<Place> places, long latencyMs, Ground ground, Consumer<String> ear)
      throws Exception {
    for (Place place : places) {
      Map<String, String> settings = environment(ground.host());
      settings.putAll(place.own);
      Ground.Spot spot = ground.spot(place.name);
      Member member = new Member(spot, place.roles, settings, folder, latencyMs, ear);
      (place.roles.contains("http") ? fronts : workers).add(member);
    }
    fronts.getFirst().start(); // it makes the tables and the bucket
    fronts.getFirst().ready();
    for (Member member : members()) {
      if (member != fronts.getFirst()) {
        member.start();
      }
    }
    for (Member member : members()) {
      member.ready();
    }
  }

  private Map<String, String> environment(String host) {
    PgOptions pg = database.options();
    S3Options s3 = store.options();
    Map<String, String> all = new HashMap<>();
    all.put("SOTTO_DATABASE_HOST", host);
    all.put("SOTTO_DATABASE_PORT", Integer.toString(database.proxy().port()));
    all.put("SOTTO_DATABASE_NAME", pg.database());
    all.put("SOTTO_DATABASE_USER", pg.user());
    all.put("SOTTO_DATABASE_PASSWORD", pg.password());
    all.put("SOTTO_S3_ENDPOINT", "http://" + host + ":" + storeProxy.port());
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

  List<Member> members() {
    List<Member> all = new ArrayList<>(fronts);
    all.addAll(workers);
    return all;
  }

  Database database() {
    return database;
  }

  S3Options s3() {
    return store.options();
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
      members().forEach(member -> leaving.execute(member::close));
    }
    storeProxy.close();
    store.close();
    database.close();
  }
}
