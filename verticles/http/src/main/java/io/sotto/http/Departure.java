package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * How this server leaves without a request that fails: at first it goes on as before, but each
 * answer is the last of its connection, while balancers learn that it is leaving; then it accepts
 * nothing more and lets what runs end; and what has not ended shortly before the time is up is told
 * to come again, elsewhere. Lives on the verticle's event loop.
 */
final class Departure {
  /** Kept of the time for the last answers to be looked up and sent. */
  private static final long LAST_CALL_MS_MAX = 1_500;

  private static final int LAST_CALL_SHARE = 4;
  private static final long RETRY_AFTER_S = 1;
  private final Vertx vertx;
  private final Set<RoutingContext> open = new HashSet<>();
  private final List<Runnable> followers = new ArrayList<>();
  private Stage stage = Stage.HERE;

  /** One after the other. */
  enum Stage {
    HERE,
    /** Answers as before; its connections end with their answers. */
    ANNOUNCED,
    /** Accepts no connections; what clients can go on with elsewhere at any time ends now. */
    CLOSING,
    /** Whoever still waits is answered now. */
    LAST_CALL
  }

  Departure(Vertx vertx) {
    this.vertx = vertx;
  }

  boolean reached(Stage at) {
    return stage.compareTo(at) >= 0;
  }

  /** Runs {@code look} at each further stage, on the event loop. */
  void follow(Runnable look) {
    followers.add(look);
  }

  /** Before anything of the request is answered. */
  void begin(RoutingContext ctx) {
    open.add(ctx);
    ctx.addHeadersEndHandler(head -> lastOfItsConnection(ctx));
    ctx.addEndHandler(ended -> open.remove(ctx));
  }

  /** HTTP/2 knows no such header; its connections are told when the server closes. */
  private void lastOfItsConnection(RoutingContext ctx) {
    if (reached(Stage.ANNOUNCED) && ctx.request().version() != HttpVersion.HTTP_2) {
      ctx.response().putHeader(HttpHeaders.CONNECTION, "close");
    }
  }

  /**
   * Leaves; completes when every request is answered, {@code notice} and {@code within} later at
   * the latest.
   */
  Future<Void> leave(HttpServer server, Duration notice, Duration within) {
    enter(Stage.ANNOUNCED);
    return pause(notice.toMillis()).compose(known -> close(server, Math.max(1, within.toMillis())));
  }

  private Future<Void> close(HttpServer server, long withinMs) {
    enter(Stage.CLOSING);
    Future<Void> closed = server.shutdown(withinMs, TimeUnit.MILLISECONDS);
    long lastCallMs = Math.min(LAST_CALL_MS_MAX, withinMs / LAST_CALL_SHARE);
    pause(withinMs - lastCallMs)
        .onSuccess(late -> lastCall())
        .compose(told -> pause(lastCallMs / 2))
        .onSuccess(late -> refuse(false));
    return closed;
  }

  private void lastCall() {
    enter(Stage.LAST_CALL);
    refuse(true);
  }

  /** {@code uploads}: only those whose body is still coming; they would not end in time. */
  private void refuse(boolean uploads) {
    for (RoutingContext ctx : Set.copyOf(open)) {
      boolean answered = ctx.response().headWritten() || ctx.response().ended();
      if (!answered && !(uploads && ctx.request().isEnded())) {
        ctx.fail(comeAgain("send the same again"));
      }
    }
  }

  /** {@code remedy} is what the client does next. */
  static ApiError comeAgain(String remedy) {
    return ApiError.of(FailureCode.DRAINING, "this node is leaving; " + remedy)
        .after(RETRY_AFTER_S);
  }

  private void enter(Stage next) {
    stage = next;
    followers.forEach(Runnable::run);
  }

  private Future<Void> pause(long ms) {
    return ms <= 0 ? Future.succeededFuture() : vertx.timer(ms, TimeUnit.MILLISECONDS);
  }
}
