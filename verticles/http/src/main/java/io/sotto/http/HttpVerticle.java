package io.sotto.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.net.SystemNames;
import io.sotto.storage.AudioStore;
import io.sotto.storage.JobStore;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
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
  private @Nullable Keyring keyring;
  private @Nullable Router router;
  private @Nullable HttpServer server;
  private @Nullable WorkerExecutor names;

  /** A server whose counts nobody reads. */
  public HttpVerticle(HttpOptions options, JobStore jobs, AudioStore audio, ClusterBus bus) {
    this(options, jobs, audio, bus, new SimpleMeterRegistry());
  }

  public HttpVerticle(
      HttpOptions options,
      JobStore jobs,
      AudioStore audio,
      ClusterBus bus,
      MeterRegistry registry) {
    this.options = options;
    this.jobs = jobs;
    this.audio = audio;
    this.bus = bus;
    this.registry = registry;
  }

  @Override
  public Future<?> start() {
    ModelRoster models = new ModelRoster(options.defaultModel(), options.modelAliases());
    JobWaiters waiters = new JobWaiters(vertx, jobs);
    QueueWatch queue = new QueueWatch(jobs, models::speed, options.admission().jobsMax());
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
    Submission submission =
        new Submission(options, jobs, audio, bus, models, queue, remote, meters);
    Rooms rooms = new Rooms(options, jobs, audio, bus, models, waiters, submission, queue, meters);
    Keyring keys = new Keyring(vertx, jobs, options.keysFile());
    keyring = keys;
    Router routes = Routes.of(vertx, keys, rooms);
    router = routes;
    HttpServerOptions settings =
        new HttpServerOptions()
            .setHost(options.host())
            .setPort(options.port())
            .setCompressionSupported(true)
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
        .compose(
            opened ->
                Future.all(
                    waiters.listen(bus).onSuccess(ears::add),
                    models.listen(bus).onSuccess(ears::add)))
        .compose(listening -> vertx.createHttpServer(settings).requestHandler(routes).listen())
        .onSuccess(listening -> server = listening);
  }

  /** The port it listens on. */
  public int port() {
    return server == null ? 0 : server.actualPort();
  }

  /** What it serves, null before it starts. */
  @Nullable Router router() {
    return router;
  }

  @Override
  public Future<?> stop() {
    if (keyring != null) {
      keyring.close();
    }
    HttpServer listening = server;
    Future<?> closed = listening == null ? Future.succeededFuture() : listening.close();
    WorkerExecutor threads = names;
    return closed
        .eventually(() -> Future.all(ears.stream().map(Registration::close).toList()))
        .eventually(() -> threads == null ? Future.succeededFuture() : threads.close());
  }
}
