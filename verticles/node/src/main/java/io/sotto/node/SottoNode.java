package io.sotto.node;

import com.hazelcast.core.HazelcastInstance;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.sotto.http.AuditOptions;
import io.sotto.http.HttpOptions;
import io.sotto.http.HttpVerticle;
import io.sotto.http.ManagementVerticle;
import io.sotto.ingest.IngestOptions;
import io.sotto.ingest.IngestVerticle;
import io.sotto.node.cli.Version;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.NodeId;
import io.sotto.scheduler.SchedulerOptions;
import io.sotto.scheduler.SchedulerVerticle;
import io.sotto.scheduler.webhook.WebhookVerticle;
import io.sotto.storage.AudioFetcher;
import io.sotto.storage.AudioStore;
import io.sotto.storage.AuditStore;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.RetentionStore.Witness;
import io.sotto.storage.S3AudioStore;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.worker.WorkerModels;
import io.sotto.worker.WorkerOptions;
import io.sotto.worker.WorkerVerticle;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process of the cluster: starts what its roles need, the slow parts side by side. Leaving, it
 * is no longer ready, lets its work end, and closes what it opened, stores last.
 */
public final class SottoNode implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SottoNode.class);
  private static final long STEP_TIMEOUT_S = 60;
  private static final int DRAIN_STEPS = 3;
  private static final long CHUNK_BYTES_MAX = 2L << 20;

  private final NodeConfig config;
  private final NodeId id = NodeId.create();
  private final PrometheusMeterRegistry meters = Meters.create();
  private final Closing closing = new Closing();
  private Tracing tracing = Tracing.OFF;
  private volatile boolean leaving;
  private @Nullable HttpVerticle http;
  private @Nullable ManagementVerticle management;
  private @Nullable PgJobStore jobs;
  private @Nullable S3AudioStore audio;

  /** How a node for one command differs from one that serves. */
  enum Kind {
    SERVES,
    /** A cluster nobody can join, on a schema that is up to date, without a management port. */
    ONE_CALL
  }

  private SottoNode(NodeConfig config) {
    this.config = config;
  }

  /** Starts a node and returns when it is ready. */
  public static SottoNode start(NodeConfig config) throws Exception {
    return start(config, Kind.SERVES);
  }

  /** As {@link #start(NodeConfig)}, with engines of the caller's. */
  public static SottoNode start(NodeConfig config, Engines engines) throws Exception {
    return start(config, Kind.SERVES, engines);
  }

  static SottoNode start(NodeConfig config, Kind kind) throws Exception {
    return start(config, kind, new OnnxEngines());
  }

  private static SottoNode start(NodeConfig config, Kind kind, Engines engines) throws Exception {
    SottoNode node = new SottoNode(config);
    try {
      node.run(kind, engines);
      return node;
    } catch (Exception e) {
      node.close();
      throw e;
    }
  }

  private void run(Kind kind, Engines engines) throws Exception {
    long begun = System.nanoTime();
    LogFormat.use(config.log().format(), id);
    armCrashPoint();
    Tracing traced = Tracing.start(config.tracing(), id, meters);
    tracing = traced;
    closing.add("tracing", traced::close);
    try (Startup startup = new Startup()) {
      Parts parts = Parts.begin(config, id, kind, engines, meters, traced, closing, startup);
      try {
        deploy(parts, kind);
      } catch (Exception e) {
        parts.settle();
        throw e;
      }
    }
    LOG.info(
        "node ready node={} roles={} started_ms={}",
        id,
        roles(),
        (System.nanoTime() - begun) / 1_000_000);
  }

  /** In production the configuration was refused already; what is not asked cannot go wrong. */
  private void armCrashPoint() {
    String order = System.getProperty(CrashPoint.PROPERTY);
    if (order == null || config.node().profile() == NodeConfig.Profile.PRODUCTION) {
      return;
    }
    try {
      CrashPoint.arm(order);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(List.of(CrashPoint.PROPERTY + ": " + e.getMessage()));
    }
    LOG.warn("this process will end at a crash point: {}={}", CrashPoint.PROPERTY, order);
  }

  private void deploy(Parts parts, Kind kind) throws Exception {
    Vertx vertx = Startup.await(parts.vertx());
    ClusterBus bus = ClusterBus.open(vertx, config.bus().forApplications(), tracing.traces());
    if (kind == Kind.SERVES) {
      closing.add("bus janitor", BusJanitor.start(vertx, bus, meters)::close);
    }
    BusTls tls = config.cluster().tls();
    if (tls != null) {
      closing.add("bus certificates", BusCertificates.watch(tls, bus)::close);
    }
    Stores stores = Startup.await(parts.stores());
    openClients(vertx, stores);
    AudioFetcher fetcher = AudioFetcher.create(vertx, meters, tracing.traces());
    NodeConfig.Node node = config.node();
    FileWatch secrets = SecretWatch.start(config);
    closing.add("secrets", secrets::close);
    if (node.has(Role.SCHEDULER)) {
      deployScheduler(vertx, bus);
    }
    if (node.has(Role.HTTP)) {
      deployHttp(vertx, bus);
    }
    if (node.has(Role.INGEST)) {
      deployIngest(vertx, bus, fetcher, parts);
    }
    if (node.has(Role.WORKER)) {
      deployWorker(vertx, bus, fetcher, Startup.await(parts.models()));
    }
    if (kind == Kind.SERVES) {
      measure(vertx);
      deployManagement(vertx);
    }
  }

  private void measure(Vertx vertx) {
    HazelcastInstance hazelcast = BusJanitor.hazelcast(vertx);
    NodeMeters own = new NodeMeters(vertx, meters).start(roles(), hazelcast, () -> leaving);
    closing.add("node meters", own::close);
    if (jobs != null) {
      own.watch("database", jobs::check);
    }
    if (audio != null) {
      own.watch("objects", audio::check);
    }
  }

  private void openClients(Vertx vertx, Stores stores) throws Exception {
    NodeConfig.Node node = config.node();
    if (node.has(Role.HTTP) || node.has(Role.SCHEDULER)) {
      NodeConfig.Webhooks webhooks = config.webhooks();
      if (node.profile() == NodeConfig.Profile.PRODUCTION && webhooks.sealingKeys().isEmpty()) {
        LOG.warn("secrets of webhooks are stored as clients send them; set webhooks.secret-keys");
      }
      PgJobStore store = PgJobStore.create(vertx, stores.postgres(), meters, webhooks::sealingKeys);
      jobs = store;
      closing.add("job store", () -> await(store.close()));
    }
    if (node.has(Role.HTTP) || node.has(Role.SCHEDULER) || node.has(Role.INGEST)) {
      S3AudioStore store = S3AudioStore.create(vertx, stores.s3(), meters, tracing.traces());
      audio = store;
      closing.add("audio store", store::close);
      await(store.prepare());
    }
  }

  private PgJobStore jobs() {
    return java.util.Objects.requireNonNull(jobs);
  }

  private AudioStore audio() {
    return java.util.Objects.requireNonNull(audio);
  }

  private void deployScheduler(Vertx vertx, ClusterBus bus) throws Exception {
    NodeConfig.Scheduler own = config.scheduler();
    SchedulerOptions defaults = SchedulerOptions.of(roles(), Version.text());
    SchedulerOptions.Times times = defaults.times();
    SchedulerOptions options =
        new SchedulerOptions(
            roles(),
            Version.text(),
            own.poll(),
            times.withChunkDeadline(own.chunkDeadline()),
            defaults.limits(),
            own.audioGrace(),
            own.keepAudio(),
            retention());
    var verticle = new SchedulerVerticle(options, id, bus, jobs(), audio(), meters);
    await(
        vertx.deployVerticle(
            verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD)));
    Departures.tell(vertx, verticle::doubt);
    closing.add("scheduler", () -> left(verticle.drain(drainTime())));
    deployWebhooks(vertx, bus);
  }

  private SchedulerOptions.Retention retention() {
    Witness witness = config.audit().enabled() ? new Witness(id.toString()) : Witness.NONE;
    NodeConfig.Retention own = config.retention();
    return SchedulerOptions.Retention.of(own.usual(), own.orphans(), witness);
  }

  /** Under the scheduler's lease, and so after it and closed before it. */
  private void deployWebhooks(Vertx vertx, ClusterBus bus) throws Exception {
    var verticle = new WebhookVerticle(config.webhooks().options(), id, bus, jobs(), meters);
    String deployment = await(vertx.deployVerticle(verticle, new DeploymentOptions()));
    closing.add(
        "webhooks",
        () -> {
          left(verticle.drain(drainTime()));
          await(vertx.undeploy(deployment));
        });
  }

  private void deployHttp(Vertx vertx, ClusterBus bus) throws Exception {
    NodeConfig.Http own = config.http();
    NodeConfig.Webhooks webhooks = config.webhooks();
    HttpOptions options =
        new HttpOptions(
                own.host(),
                own.port(),
                own.uploadBytesMax(),
                own.requestTimeout(),
                config.worker().models().getFirst())
            .withSync(own.syncThreshold(), own.syncTimeout())
            .withWebhooks(webhooks.urls(), !webhooks.secrets().isEmpty(), webhooks.endpointsMax())
            .withAliases(own.modelAliases())
            .with(own.keysFile(), new Admission(own.tenantJobsMax(), own.jobsMax()))
            .withUploadsMemory(own.uploadsMemory())
            .with(new HttpOptions.Streams(own.keepAlive(), own.keepAliveAfter(), own.streamsMax()))
            .with(own.shims())
            .withSources(own.sources(config.s3().bucket()));
    NodeConfig.Audit log = config.audit();
    AuditStore store = log.enabled() ? jobs().audit() : AuditStore.NONE;
    var audit = new AuditOptions(store, id.toString(), log.required(), log.window());
    HttpVerticle verticle = new HttpVerticle(options, jobs(), audio(), bus, audit, meters);
    deployServer(vertx, verticle, own.host(), own.port(), "--port");
    closing.addDrain("http", () -> left(verticle.drain(notice(), drainTime())));
    http = verticle;
  }

  private void deployServer(Vertx vertx, Deployable verticle, String host, int port, String option)
      throws Exception {
    try {
      String deployment = await(vertx.deployVerticle(verticle, new DeploymentOptions()));
      closing.add(option, () -> await(vertx.undeploy(deployment)));
    } catch (java.net.BindException e) {
      throw new ConfigException(
          List.of(host + ":" + port + " is taken; choose another port with " + option));
    }
  }

  private void deployIngest(Vertx vertx, ClusterBus bus, AudioFetcher fetcher, Parts parts)
      throws Exception {
    NodeConfig.Ingest own = config.ingest();
    Engines.Detectors detectors = Startup.await(parts.detectors());
    IngestOptions options =
        new IngestOptions(own.slots(), own.temp(), own.audioMax(), Startup.await(parts.ffmpeg()));
    var verticle =
        new IngestVerticle(options, id, bus, audio(), fetcher::download, detectors::fresh, meters);
    String deployment = await(vertx.deployVerticle(verticle, new DeploymentOptions()));
    closing.add("ingest", () -> await(vertx.undeploy(deployment)));
    closing.addDrain("ingest", () -> left(verticle.drain(drainTime())));
  }

  private void deployWorker(Vertx vertx, ClusterBus bus, AudioFetcher fetcher, WorkerModels models)
      throws Exception {
    WorkerOptions options =
        WorkerOptions.on(config.worker().device().name().toLowerCase(java.util.Locale.ROOT))
            .withPrefetch(config.worker().prefetch());
    var verticle =
        new WorkerVerticle(
            options,
            id,
            bus,
            (url, sha256) -> fetcher.fetch(url, sha256, CHUNK_BYTES_MAX),
            models,
            meters);
    String deployment = await(vertx.deployVerticle(verticle, new DeploymentOptions()));
    closing.add("worker", () -> await(vertx.undeploy(deployment)));
    closing.addDrain("worker", () -> left(verticle.drain(drainTime())));
  }

  private void deployManagement(Vertx vertx) throws Exception {
    NodeConfig.Http own = config.http();
    var verticle =
        new ManagementVerticle(own.managementHost(), own.managementPort(), this::obstacles, meters);
    deployServer(vertx, verticle, own.managementHost(), own.managementPort(), "--management-port");
    management = verticle;
  }

  /** What keeps this node from its work; empty when it is ready. */
  private Future<List<String>> obstacles() {
    if (leaving) {
      return Future.succeededFuture(List.of("the node is leaving"));
    }
    Future<Void> database = jobs == null ? Future.succeededFuture() : jobs.check();
    Future<Void> objects = audio == null ? Future.succeededFuture() : audio.check();
    return Future.join(database, objects)
        .map(List.<String>of())
        .recover(
            down -> {
              List<String> reasons = new ArrayList<>();
              database.onFailure(e -> reasons.add(e.getMessage()));
              objects.onFailure(e -> reasons.add(e.getMessage()));
              return Future.succeededFuture(reasons);
            });
  }

  /** How long the API goes on while balancers learn that it leaves; none where nobody looks. */
  private Duration notice() {
    ManagementVerticle health = management;
    return health != null && health.watched() ? longestNotice() : Duration.ZERO;
  }

  private Duration longestNotice() {
    Duration half = config.node().drainTimeout().dividedBy(2);
    Duration wanted = config.http().leaveNotice();
    return wanted.compareTo(half) < 0 ? wanted : half;
  }

  /** Work, webhooks and the scheduler leave one after the other, each in its share of the time. */
  private Duration drainTime() {
    return config.node().drainTimeout().minus(longestNotice()).dividedBy(DRAIN_STEPS);
  }

  private String roles() {
    return config.node().roles().stream().map(Role::configName).collect(Collectors.joining(","));
  }

  /** A step that bounds itself by a share of the drain's time, which may be long. */
  private void left(Future<Void> step) throws Exception {
    await(step, config.node().drainTimeout().toSeconds() + STEP_TIMEOUT_S);
  }

  static <T> T await(Future<T> future) throws Exception {
    return await(future, STEP_TIMEOUT_S);
  }

  private static <T> T await(Future<T> future, long seconds) throws Exception {
    try {
      return future.toCompletionStage().toCompletableFuture().get(seconds, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (TimeoutException e) {
      throw new TimeoutException("a step took longer than " + seconds + " s");
    }
  }

  /** Where the API listens; only a node with the role {@code http} has one. */
  public URI url() {
    HttpVerticle server = java.util.Objects.requireNonNull(http, "no role http");
    return URI.create("http://" + config.http().host() + ":" + server.port());
  }

  /** What {@code serve} prints once it is ready. */
  public String readyLines() {
    StringBuilder lines = new StringBuilder("\nSotto is ready: roles " + roles() + ", node " + id);
    ManagementVerticle health = management;
    if (health != null) {
      lines
          .append("\n  health and metrics  http://")
          .append(config.http().managementHost() + ":" + health.port())
          .append("/health/ready, /metrics");
    }
    if (http != null) {
      lines
          .append("\n  API                 " + url() + "/openapi.yaml")
          .append("\n  try                 curl -F file=@samples/jfk.wav ")
          .append(url() + "/v1/audio/transcriptions");
    }
    return lines.append('\n').toString();
  }

  public NodeId id() {
    return id;
  }

  /** Leaves the cluster: finishes or hands back what runs, then closes everything. */
  @Override
  public void close() {
    leaving = true;
    closing.close();
  }
}
