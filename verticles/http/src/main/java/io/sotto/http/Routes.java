package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routes, a class a group of them, and what holds for all: keys, request ids, the access log,
 * errors.
 */
final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger("access");
  private static final String REQUEST_ID = "x-request-id";
  private static final String KEYS = "keys";

  private Routes() {}

  static Router of(Vertx vertx, Keyring keys, Rooms rooms) {
    Router router = Router.router(vertx);
    router.route().handler(ctx -> begin(ctx, keys));
    JobRoutes.add(router, rooms);
    OpenAiRoutes.add(router, rooms);
    router.get("/openapi.yaml").handler(ctx -> ctx.response().sendFile("openapi.yaml"));
    router.errorHandler(404, ctx -> fail(ctx, noRoute(ctx)));
    router.errorHandler(
        405,
        ctx ->
            fail(
                ctx,
                new ApiError(
                    405,
                    "method_not_allowed",
                    null,
                    ctx.request().method() + " is not known on this path; see /openapi.yaml")));
    router.errorHandler(500, ctx -> fail(ctx, ctx.failure()));
    return router;
  }

  static void get(Router router, String path, Function<RoutingContext, Future<Void>> handler) {
    on(router, HttpMethod.GET, path, handler);
  }

  static void post(Router router, String path, Function<RoutingContext, Future<Void>> handler) {
    on(router, HttpMethod.POST, path, handler);
  }

  static void on(
      Router router,
      HttpMethod method,
      String path,
      Function<RoutingContext, Future<Void>> handler) {
    router
        .route(method, path)
        .handler(
            ctx -> {
              try {
                identify(ctx);
                parse(ctx);
                handler.apply(ctx).onFailure(failure -> fail(ctx, failure));
              } catch (RuntimeException e) {
                fail(ctx, e);
              }
            });
  }

  /** Before anything of the request is read. */
  private static void identify(RoutingContext ctx) {
    Keyring keys = ctx.get(KEYS);
    ctx.put(Replies.TENANT, keys.identify(ctx.request().getHeader(HttpHeaders.AUTHORIZATION)));
  }

  /** A query that cannot be read is the client's mistake, wherever it would be found. */
  private static void parse(RoutingContext ctx) {
    try {
      ctx.request().params();
    } catch (IllegalArgumentException malformed) {
      throw new ApiError(
          400,
          FailureCode.BAD_REQUEST.code(),
          null,
          "the query is not one: write % as %25, and other bytes as % and two digits of 0 to f");
    }
  }

  private static void begin(RoutingContext ctx, Keyring keys) {
    ctx.put(KEYS, keys);
    long begun = System.nanoTime();
    String asked = ctx.request().getHeader(REQUEST_ID);
    boolean usable = asked != null && asked.matches("[A-Za-z0-9._-]{1,64}");
    String id = usable ? asked : UUID.randomUUID().toString();
    ctx.response().putHeader(REQUEST_ID, id);
    ctx.put(REQUEST_ID, id);
    ctx.addEndHandler(
        ended -> {
          JobId job = ctx.get("job");
          LOG.info(
              "{} {} {} {} ms request={}{}",
              ctx.request().method(),
              ctx.normalizedPath(),
              ctx.response().getStatusCode(),
              (System.nanoTime() - begun) / 1_000_000,
              id,
              job == null ? "" : " job=" + job);
        });
    ctx.next();
  }

  private static ApiError noRoute(RoutingContext ctx) {
    return new ApiError(
        404, "not_found", null, "there is no " + ctx.normalizedPath() + "; see /openapi.yaml");
  }

  private static void fail(RoutingContext ctx, Throwable failure) {
    ApiError error = ApiError.of(failure);
    if (error.code().equals(FailureCode.INTERNAL.code())) {
      LOG.error("request {} failed", ctx.<String>get(REQUEST_ID), failure);
    }
    if (ctx.response().ended() || ctx.response().closed()) {
      return;
    }
    boolean unread = !ctx.request().isEnded();
    if (unread) {
      ctx.response().putHeader(HttpHeaders.CONNECTION, "close");
    }
    String retryAfter = error.retryAfter();
    if (retryAfter != null) {
      ctx.response().putHeader("Retry-After", retryAfter);
    }
    if (error.status() == 401) {
      ctx.response().putHeader("WWW-Authenticate", "Bearer realm=\"sotto\"");
    }
    ctx.response()
        .setStatusCode(error.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(error.json().toBuffer())
        .onComplete(
            sent -> {
              if (unread) {
                ctx.request().connection().close();
              }
            });
  }
}
