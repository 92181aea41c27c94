package io.sotto.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;

/**
 * Closes a connection whose request was answered before its body was read. To close at once would
 * reset it, and a client or a proxy that is sending still would see that and never the answer: what
 * it sends is read and forgotten for a moment.
 */
final class Lingering {
  private static final long MS_MAX = 2_000;

  private Lingering() {}

  /** After the answer, which says that the connection ends. */
  static void close(Vertx vertx, HttpServerRequest request) {
    if (request.isEnded() || request.isExpectMultipart()) {
      request.connection().close(); // a form is taken apart as it comes; nobody wants its parts
      return;
    }
    vertx.setTimer(MS_MAX, late -> request.connection().close());
    request.handler(forgotten -> {});
    request.endHandler(sent -> request.connection().close());
    request.exceptionHandler(broken -> request.connection().close());
    request.resume();
  }
}
