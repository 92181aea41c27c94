package io.sotto.http;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Liveness, readiness and metrics on a port of their own, for whoever runs the node. Live: the
 * process answers. Ready: nothing keeps it from its work; otherwise the answer lists what does.
 */
public final class ManagementVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(ManagementVerticle.class);
  private static final long WATCHED_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int SCRAPE_BYTES = 1 << 17;
  private final String host;
  private final int port;
  private final Supplier<Future<List<String>>> obstacles;
  private final PrometheusMeterRegistry meters;
  private @Nullable HttpServer server;
  private volatile long askedNanos;
  private volatile boolean asked;

  /** {@code obstacles} gives what keeps the node from being ready, empty when nothing does. */
  public ManagementVerticle(
      String host,
      int port,
      Supplier<Future<List<String>>> obstacles,
      PrometheusMeterRegistry meters) {
    this.host = host;
    this.port = port;
    this.obstacles = obstacles;
    this.meters = meters;
  }

  @Override
  public Future<?> start() {
    return vertx
        .createHttpServer()
        .requestHandler(this::answer)
        .listen(port, host)
        .onSuccess(listening -> server = listening);
  }

  public int port() {
    return server == null ? 0 : server.actualPort();
  }

  /** Whether anybody asked for readiness of late, and so goes by it. Callable from any thread. */
  public boolean watched() {
    return asked && System.nanoTime() - askedNanos < WATCHED_NANOS;
  }

  private void readiness(HttpServerRequest request) {
    askedNanos = System.nanoTime();
    asked = true;
    obstacles
        .get()
        .recover(failure -> Future.succeededFuture(List.of(String.valueOf(failure))))
        .onSuccess(found -> ready(request, found));
  }

  private void answer(HttpServerRequest request) {
    switch (request.path()) {
      case "/health/live" -> request.response().end("{\"status\":\"up\"}");
      case "/health/ready" -> readiness(request);
      case "/metrics" -> metrics(request);
      default -> request.response().setStatusCode(404).end();
    }
  }

  /** Made off the event loop: some gauges ask the operating system. */
  private void metrics(HttpServerRequest request) {
    vertx
        .executeBlocking(this::scrape, false)
        .onSuccess(
            text ->
                request
                    .response()
                    .putHeader("Content-Type", PrometheusTextFormatWriter.CONTENT_TYPE)
                    .end(text))
        .onFailure(
            failure -> {
              LOG.error("metrics cannot be told", failure);
              request.response().setStatusCode(500).end();
            });
  }

  private Buffer scrape() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream(SCRAPE_BYTES);
    PrometheusTextFormatWriter.create()
        .write(text, GuideNames.with(meters.getPrometheusRegistry().scrape()));
    return Buffer.buffer(text.toByteArray());
  }

  private static void ready(HttpServerRequest request, List<String> obstacles) {
    JsonObject body =
        new JsonObject()
            .put("status", obstacles.isEmpty() ? "up" : "down")
            .put("reasons", new JsonArray(obstacles));
    request.response().setStatusCode(obstacles.isEmpty() ? 200 : 503).end(body.toBuffer());
  }

  @Override
  public Future<?> stop() {
    HttpServer listening = server;
    return listening == null ? Future.succeededFuture() : listening.close();
  }
}
