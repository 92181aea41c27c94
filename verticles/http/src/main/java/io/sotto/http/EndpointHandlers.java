package io.sotto.http;

import io.sotto.storage.EndpointStore;
import io.sotto.storage.EndpointStore.Created;
import io.sotto.storage.EndpointStore.NewEndpoint;
import io.sotto.storage.WebhookEndpoint;
import io.sotto.storage.WebhookSecret;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Receivers that a tenant registers for all its jobs. A secret is in the answer that made it. */
final class EndpointHandlers {
  /** Under which the routing context holds the endpoint that is meant. */
  static final String ENDPOINT = "endpoint";

  private static final Duration OVERLAP = Duration.ofHours(24);
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private final EndpointStore endpoints;
  private final WebhookForm.Policy policy;

  EndpointHandlers(Rooms rooms) {
    this.endpoints = rooms.jobs().endpoints();
    this.policy = rooms.options().webhooks();
  }

  Future<Void> create(RoutingContext ctx) {
    return Submission.key(ctx.request().getHeader(Submission.KEY))
        .compose(key -> EndpointForm.receive(ctx.request()).map(form -> read(ctx, key, form)))
        .compose(
            made ->
                endpoints
                    .create(made, policy.endpointsMax())
                    .map(created -> created.orElseThrow(this::tooMany))
                    .compose(created -> created(ctx, made, created)));
  }

  private NewEndpoint read(RoutingContext ctx, @Nullable String key, Form form) {
    return EndpointForm.read(form, Replies.tenant(ctx).id(), key, policy);
  }

  private ApiError tooMany() {
    return new ApiError(
        409,
        "too_many_endpoints",
        null,
        "you have " + policy.endpointsMax() + " endpoints, as many as may be; delete one first");
  }

  /** The secret of an endpoint that a key met was shown when it was made. */
  private static Future<Void> created(RoutingContext ctx, NewEndpoint made, Created created) {
    if (!created.sameRequest()) {
      throw Submission.keyReused();
    }
    UUID id = created.endpoint().id();
    ctx.put(ENDPOINT, id);
    ctx.response().putHeader(HttpHeaders.LOCATION, EndpointRoutes.ENDPOINTS + "/" + id);
    JsonObject body = json(created.endpoint());
    return created.created()
        ? Replies.send(ctx, 201, body.put("secret", made.secret()))
        : Replies.send(ctx, 200, body);
  }

  Future<Void> list(RoutingContext ctx) {
    return endpoints
        .list(Replies.tenant(ctx).id())
        .compose(
            all -> {
              JsonArray data = new JsonArray();
              all.forEach(one -> data.add(json(one)));
              return Replies.send(ctx, 200, Replies.list(data));
            });
  }

  Future<Void> get(RoutingContext ctx) {
    return found(endpoints.find(Replies.tenant(ctx).id(), id(ctx)))
        .compose(one -> Replies.send(ctx, 200, json(one)));
  }

  Future<Void> change(RoutingContext ctx) {
    UUID id = id(ctx);
    return EndpointForm.receive(ctx.request())
        .map(form -> EndpointForm.change(form, policy))
        .compose(change -> found(endpoints.change(Replies.tenant(ctx).id(), id, change)))
        .compose(one -> Replies.send(ctx, 200, json(one)));
  }

  Future<Void> rotate(RoutingContext ctx) {
    String secret = WebhookSecret.generate();
    return found(endpoints.rotate(Replies.tenant(ctx).id(), id(ctx), secret, OVERLAP))
        .compose(one -> Replies.send(ctx, 200, json(one).put("secret", secret)));
  }

  Future<Void> delete(RoutingContext ctx) {
    UUID id = id(ctx);
    return endpoints
        .delete(Replies.tenant(ctx).id(), id)
        .compose(
            deleted -> {
              if (!deleted) {
                throw unknown();
              }
              JsonObject body =
                  new JsonObject()
                      .put("id", id.toString())
                      .put("object", "webhook_endpoint.deleted")
                      .put("deleted", true);
              return Replies.send(ctx, 200, body);
            });
  }

  Future<Void> test(RoutingContext ctx) {
    long tenant = Replies.tenant(ctx).id();
    UUID id = id(ctx);
    return found(endpoints.find(tenant, id))
        .compose(one -> endpoints.test(tenant, id))
        .map(entry -> entry.orElseThrow(EndpointHandlers::disabled))
        .compose(entry -> Replies.send(ctx, 202, WebhookHandlers.json(entry)));
  }

  private static ApiError disabled() {
    return new ApiError(
        409,
        "endpoint_disabled",
        null,
        "the endpoint is disabled; enable it with PATCH and {\"enabled\": true}");
  }

  Future<Void> deliveries(RoutingContext ctx) {
    long tenant = Replies.tenant(ctx).id();
    UUID id = id(ctx);
    var state = WebhookHandlers.state(ctx);
    int limit = WebhookHandlers.limit(ctx);
    return found(endpoints.find(tenant, id))
        .compose(one -> endpoints.deliveries(tenant, id, state, limit))
        .compose(
            sent -> {
              JsonArray data = new JsonArray();
              sent.forEach(
                  one ->
                      data.add(
                          WebhookHandlers.json(one.entry())
                              .put("job", one.job() == null ? null : one.job().toString())));
              return Replies.send(ctx, 200, Replies.list(data));
            });
  }

  private static UUID id(RoutingContext ctx) {
    String id = ctx.pathParam("id");
    if (!UUID_TEXT.matcher(id).matches()) {
      throw unknown();
    }
    UUID parsed = UUID.fromString(id);
    ctx.put(ENDPOINT, parsed);
    return parsed;
  }

  private static Future<WebhookEndpoint> found(Future<Optional<WebhookEndpoint>> asked) {
    return asked.map(found -> found.orElseThrow(EndpointHandlers::unknown));
  }

  private static ApiError unknown() {
    return new ApiError(
        404,
        "not_found",
        "id",
        "there is no such endpoint; GET " + EndpointRoutes.ENDPOINTS + " lists those that are");
  }

  private static JsonObject json(WebhookEndpoint one) {
    Instant until = one.oldSecretUntil();
    return new JsonObject()
        .put("id", one.id().toString())
        .put("object", "webhook_endpoint")
        .put("url", one.url())
        .put("events", new JsonArray(List.copyOf(one.events())))
        .put("enabled", one.enabled())
        .put("gone", one.gone())
        .put("old_secret_until", until == null ? null : until.toString())
        .put("created_at", one.createdAt().toString())
        .put("updated_at", one.updatedAt().toString());
  }
}
