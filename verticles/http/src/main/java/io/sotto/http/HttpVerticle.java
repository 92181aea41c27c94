package io.sotto.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.net.SystemNames;
import io.sotto.storage.AudioStore;
import io.sotto.storage.AuditAction;
import io.sotto.storage.JobEvents;
import io.sotto.storage.JobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.tracing.TracingPolicy;
import io.vertx.ext.web.Router;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The API's server: starts listening, stops listening. */
public final class HttpVerticle extends VerticleBase {
  private static final String NAMES = "sotto-source-names";
  private static final int NAME_THREADS = 4;
  private final HttpOptions options;
  private final JobStore jobs;
  private final AudioStore audio;
  private final ClusterBus bus;
  private final MeterRegistry registry;
  private final List<Registration> ears = new ArrayList<>();
  private final AuditOptions auditOptions;
  private @Nullable AuditTrail audit;
  private @Nullable Keyring keyring;
  private @Nullable Router router;
  private @Nullable HttpServer server;
  private @Nullable WorkerExecutor names;
  private @Nullable Departure departure;

  /** A server whose counts nobody reads, and whose audit log nobody keeps. */
  public HttpVerticle(HttpOptions options, JobStore jobs, AudioStore audio, ClusterBus bus) {
    this(options, jobs, audio, bus, AuditOptions.NONE, new SimpleMeterRegistry());
  }

  public HttpVerticle(
      HttpOptions options,
      JobStore jobs,
      AudioStore audio,
      ClusterBus bus,
      AuditOptions auditOptions,
      MeterRegistry registry) {
    this.auditOptions = auditOptions;
    this.options = options;
    this.jobs = jobs;
    this.audio = audio;
    this.bus = bus;
    this.registry = registry;
  }

  @Override
  public Future<?> start() {
    ModelRoster models = new ModelRoster(options.defaultModel(), options.modelAliases());
    Departure leaving = new Departure(vertx);
    departure = leaving;
    JobWaiters waiters = new JobWaiters(vertx, jobs, leaving);
    int jobsMax = options.admission().jobsMax();
    QueueWatch queue = new QueueWatch(jobs, models::speed, jobsMax, System::nanoTime);
    WorkerExecutor threads = vertx.createSharedWorkerExecutor(NAMES, NAME_THREADS);
    names = threads;
    long bytesMax = options.uploadBytesMax();
    Download download =
        new Download(
            vertx,
            options.sources(),
            audio,
            bytesMax,
            new SystemNames(threads),
            new HttpClientOptions());
    RemoteAudio remote = new RemoteAudio(options.sources(), audio, bytesMax, download);
    HttpMeters meters = new HttpMeters(registry);
    JobEvents events = new JobEvents(bus, jobs);
    Entrance entrance = new Entrance(options.admission(), jobs, queue, System::nanoTime);
    Submission submission =
        new Submission(options, jobs, audio, events, models, entrance, remote, meters);
    Rooms rooms =
        new Rooms(
            options, jobs, audio, events, models, waiters, submission, queue, leaving, meters);
    AuditTrail trail = new AuditTrail(vertx, auditOptions, Clock.systemUTC());
    audit = trail;
    Keyring keys = keyring(trail);
    keyring = keys;
    Router routes = Routes.of(vertx, new Gate(keys, trail), rooms);
    router = routes;
    HttpServerOptions settings =
        new HttpServerOptions()
            .setHost(options.host())
            .setPort(options.port())
            .setCompressionSupported(true)
            .setTracingPolicy(TracingPolicy.ALWAYS)
            // silent are a synchronous call while it waits, and one whose recording is fetched; an
            // upload that stalls ends here
            .setIdleTimeout(
                (int) options.requestTimeout().plus(options.sources().timeout()).toSeconds()
                    + HttpOptions.IDLE_TIMEOUT_S)
            .setMaxHeaderSize(HttpOptions.HEADER_BYTES_MAX)
            .setMaxFormFields(HttpOptions.FORM_FIELDS_MAX)
            .setMaxFormAttributeSize(HttpOptions.FIELD_BYTES_MAX)
            .setHandle100ContinueAutomatically(false);
    return keys.open()
        .onSuccess(opened -> trail.open())
        .compose(
            opened ->
                Future.all(
                    waiters.listen(bus).onSuccess(ears::add),
                    models.listen(bus).onSuccess(ears::add)))
        .compose(listening -> vertx.createHttpServer(settings).requestHandler(routes).listen())
        .onSuccess(listening -> server = listening)
        .compose(listening -> new BusHandlers(keys, rooms).listen(bus).onSuccess(ears::addAll));
  }

  private Keyring keyring(AuditTrail trail) {
    String file = String.valueOf(options.keysFile());
    return new Keyring(
        vertx,
        jobs,
        options.keysFile(),
        what -> trail.done(AuditAction.KEYS_CHANGED, null, "", file, what));
  }

  /** The port it listens on. */
  public int port() {
    return server == null ? 0 : server.actualPort();
  }

  /** What it serves, null before it starts. */
  @Nullable Router router() {
    return router;
  }

  /**
   * Goes on answering for {@code notice}, in which balancers learn that this node is leaving; then
   * accepts nothing more, and answers within {@code within} whatever is under way: with its result,
   * or in words that say how to go on elsewhere. Callable from any thread.
   */
  public Future<Void> drain(Duration notice, Duration within) {
    Promise<Void> drained = Promise.promise();
    context.runOnContext(now -> leave(notice, within).onComplete(drained));
    return drained.future();
  }

  private Future<Void> leave(Duration notice, Duration within) {
    HttpServer listening = server;
    return listening == null || departure == null
        ? Future.succeededFuture()
        : departure.leave(listening, notice, within);
  }

  @Override
  public Future<?> stop() {
    if (keyring != null) {
      keyring.close();
    }
    HttpServer listening = server;
    Future<?> closed = listening == null ? Future.succeededFuture() : listening.close();
    WorkerExecutor threads = names;
    AuditTrail trail = audit;
    return closed
        .eventually(() -> trail == null ? Future.succeededFuture() : trail.close())
        .eventually(() -> Future.all(ears.stream().map(Registration::close).toList()))
        .eventually(() -> threads == null ? Future.succeededFuture() : threads.close());
  }
}
