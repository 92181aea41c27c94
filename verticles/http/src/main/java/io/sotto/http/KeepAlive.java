package io.sotto.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/**
 * Keeps a connection alive on which a client waits for JSON: clients and proxies give up where
 * nothing comes for one to five minutes. After a while the head goes out, and then a space from
 * time to time, which JSON allows before it. The status is 200 by then: a failure after it cuts the
 * connection, so that nobody takes the answer for whole ({@link Routes} does so).
 */
final class KeepAlive {
  private final Vertx vertx;
  private final HttpServerResponse response;
  private final HttpOptions.Streams options;
  private long timer;

  private KeepAlive(RoutingContext ctx, HttpOptions.Streams options) {
    this.vertx = ctx.vertx();
    this.response = ctx.response();
    this.options = options;
  }

  /** Other formats than {@code json} bear nothing before them: their clients wait in silence. */
  static KeepAlive start(RoutingContext ctx, boolean json, HttpOptions.Streams options) {
    KeepAlive alive = new KeepAlive(ctx, options);
    if (json) {
      alive.timer = alive.vertx.setTimer(options.keepAliveAfter().toMillis(), at -> alive.head());
    }
    return alive;
  }

  private void head() {
    if (!response.closed()) {
      response
          .setChunked(true)
          .putHeader(HttpHeaders.CONTENT_TYPE, Replies.JSON)
          // a compressor would hold the spaces back
          .putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY);
      space();
    }
  }

  private void space() {
    if (!response.closed()) {
      response.write(" ");
      timer = vertx.setTimer(options.keepAlive().toMillis(), at -> space());
    }
  }

  /** To be called before the answer is written. */
  void stop() {
    vertx.cancelTimer(timer);
  }
}
