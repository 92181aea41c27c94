package io.sotto.http;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Liveness, readiness and metrics on a port of their own, for whoever runs the node. Live: the
 * process answers. Ready: nothing keeps it from its work; otherwise the answer lists what does.
 */
public final class ManagementVerticle extends VerticleBase {
  private static final long WATCHED_NANOS = TimeUnit.MINUTES.toNanos(1);
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
      case "/metrics" ->
          request
              .response()
              .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
              .end(meters.scrape());
      default -> request.response().setStatusCode(404).end();
    }
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
