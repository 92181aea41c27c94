package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routes, a class a group of them, and what holds for all: keys, request ids, the access log,
 * errors.
 */
final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger("access");
  static final String CORRELATION = "correlation";
  private static final String GATE = "gate";

  private Routes() {}

  static Router of(Vertx vertx, Gate gate, Rooms rooms) {
    Router router = Router.router(vertx);
    router.route().handler(ctx -> begin(ctx, gate, rooms));
    JobRoutes.add(router, rooms);
    EndpointRoutes.add(router, rooms);
    OpenAiRoutes.add(router, rooms);
    ShimRoutes.add(router, rooms);
    DocsRoutes.add(vertx, router, Shim.others(rooms.options().shims()));
    ModelRoutes.add(router, rooms);
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
            ctx ->
                answer(
                    ctx,
                    known -> {
                      identify(known);
                      parse(known);
                      return handler.apply(known);
                    }));
  }

  /**
   * A route that asks for no key; it has a tenant only where the request brings one that may call.
   */
  static void open(Router router, String path, Function<RoutingContext, Future<Void>> handler) {
    router
        .get(path)
        .handler(
            ctx ->
                answer(
                    ctx,
                    anybody -> {
                      try {
                        if (anybody.<Gate>get(GATE).canTell(anybody.request())) {
                          identify(anybody);
                        }
                      } catch (ApiError unknown) {
                        LOG.debug("{} is asked for without a key that may call", path);
                      }
                      return handler.apply(anybody);
                    }));
  }

  private static void answer(RoutingContext ctx, Function<RoutingContext, Future<Void>> handler) {
    try {
      handler.apply(ctx).onFailure(failure -> fail(ctx, failure));
    } catch (RuntimeException e) {
      fail(ctx, e);
    }
  }

  /** Before anything of the request is read. */
  private static void identify(RoutingContext ctx) {
    Gate gate = ctx.get(GATE);
    ctx.put(Replies.TENANT, gate.identify(ctx.request()));
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

  private static void begin(RoutingContext ctx, Gate gate, Rooms rooms) {
    ctx.put(GATE, gate);
    rooms.departure().begin(ctx);
    SafeHeaders.put(ctx.response());
    long begun = System.nanoTime();
    Correlation correlation = Correlation.of(ctx.request());
    correlation.giveBack(ctx.response());
    ctx.put(CORRELATION, correlation);
    ctx.addEndHandler(
        ended -> {
          gate.ended(ctx);
          rooms
              .meters()
              .answered(
                  ctx.request().method().name(),
                  ctx.currentRoute() == null ? null : ctx.currentRoute().getPath(),
                  ctx.response().getStatusCode(),
                  System.nanoTime() - begun);
          Answered answered =
              new Answered(
                  ctx.request().method().name(),
                  ctx.normalizedPath(),
                  ctx.response().getStatusCode(),
                  (System.nanoTime() - begun) / 1_000_000,
                  correlation,
                  ctx.get("job"));
          LOG.info("{}", answered);
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
      LOG.error("failed {}", ctx.<Correlation>get(CORRELATION), failure);
    }
    if (ctx.response().ended() || ctx.response().closed()) {
      return;
    }
    if (ctx.response().headWritten()) {
      breakOff(ctx, error);
      return;
    }
    // HTTP/2 knows no such header, and its connection has other requests on it
    boolean hangUp =
        ctx.request().version() != HttpVersion.HTTP_2
            && (!ctx.request().isEnded()
                || ctx.response()
                    .headers()
                    .contains(HttpHeaders.CONNECTION, HttpHeaders.CLOSE, true));
    if (hangUp) {
      ctx.response().putHeader(HttpHeaders.CONNECTION, "close");
    }
    String retryAfter = error.retryAfter();
    if (retryAfter != null) {
      ctx.response().putHeader("Retry-After", retryAfter);
    }
    ctx.response().putHeader("x-should-retry", String.valueOf(error.retries()));
    if (error.status() == 401) {
      ctx.response().putHeader("WWW-Authenticate", "Bearer realm=\"sotto\"");
    }
    ctx.response()
        .setStatusCode(error.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(error.json().toBuffer())
        .onComplete(
            sent -> {
              if (hangUp) {
                Lingering.close(ctx.vertx(), ctx.request());
              }
            });
  }

  /**
   * An answer that has begun to be 200 cannot become an error: whoever reads the body finds it
   * there, and the missing end tells everybody else that the answer is not whole.
   */
  private static void breakOff(RoutingContext ctx, ApiError error) {
    ctx.response().write(error.json().toBuffer()).onComplete(told -> ctx.response().reset());
  }
}
