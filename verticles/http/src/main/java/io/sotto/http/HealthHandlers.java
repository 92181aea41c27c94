package io.sotto.http;

import io.sotto.http.HealthWatch.Health;
import io.sotto.http.HealthWatch.Service;
import io.sotto.http.HealthWatch.Status;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How the service is: to anybody in a word, to whoever may call it in full. */
final class HealthHandlers {
  private static final String VERSION =
      Objects.requireNonNullElse(
          HealthHandlers.class.getPackage().getImplementationVersion(), "development");
  private final Rooms rooms;
  private final HealthWatch watch;

  HealthHandlers(Rooms rooms) {
    this.rooms = rooms;
    this.watch = new HealthWatch(rooms);
  }

  Future<Void> health(RoutingContext ctx) {
    boolean known = Replies.tenant(ctx) != null;
    return watch
        .now()
        .compose(
            health ->
                Replies.send(
                    ctx,
                    status(health) == Status.UNHEALTHY ? 503 : 200,
                    known ? full(health) : brief(health)));
  }

  /** As bad as it gets on a node that is leaving, so that whoever goes by it goes elsewhere. */
  private Status status(Health health) {
    return rooms.departure().reached(Departure.Stage.ANNOUNCED)
        ? Status.UNHEALTHY
        : health.status();
  }

  private JsonObject brief(Health health) {
    return new JsonObject()
        .put("status", wire(status(health)))
        .put("timestamp", health.at().toString());
  }

  private JsonObject full(Health health) {
    return brief(health)
        .put("version", VERSION)
        .put(
            "services",
            new JsonObject()
                .put("database", json(health.database()))
                .put("storage", json(health.storage()))
                .put("workers", json(health.workers()))
                .put("bus", json(health.bus())))
        .put("limits", limits())
        .put("metrics", metrics(health));
  }

  private JsonObject limits() {
    HttpOptions options = rooms.options();
    return new JsonObject()
        .put("max_file_bytes", options.uploadBytesMax())
        .put("max_open_jobs", options.admission().jobsMax())
        .put("max_open_jobs_per_tenant", options.admission().tenantJobsMax())
        .put("sync_threshold_seconds", options.sync().threshold().toMillis() / 1000.0)
        .put("sync_timeout_seconds", options.sync().timeout().toMillis() / 1000.0)
        .put("request_timeout_seconds", options.requestTimeout().toMillis() / 1000.0);
  }

  private static JsonObject metrics(Health health) {
    boolean known = health.database().status() == Status.HEALTHY;
    return new JsonObject()
        .put("active_transcriptions", health.active())
        .put("queue_size", known ? health.queue().jobs() : null)
        .put("queue_seconds", known ? health.queue().seconds() : null)
        .put("times_real_time", known ? health.queue().speed() : null);
  }

  private static JsonObject json(Service service) {
    Double latency = service.latencyMs();
    return new JsonObject()
        .put("status", wire(service.status()))
        .put("latency_ms", rounded(latency))
        .put("reason", service.reason());
  }

  private static @Nullable Double rounded(@Nullable Double ms) {
    return ms == null ? null : Double.valueOf(Math.round(ms * 10) / 10.0);
  }

  private static String wire(Status status) {
    return status.name().toLowerCase(Locale.ROOT);
  }
}
