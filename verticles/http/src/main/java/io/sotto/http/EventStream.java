package io.sotto.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An answer of server-sent events, each one line of JSON. While nothing is sent for {@code
 * keepAlive}, a comment is, so that neither client nor proxy takes the connection for dead.
 */
final class EventStream {
  private final Vertx vertx;
  private final HttpServerResponse response;
  private final long keepAliveMs;
  private long timer;

  EventStream(Vertx vertx, HttpServerResponse response, Duration keepAlive) {
    this.vertx = vertx;
    this.response = response;
    this.keepAliveMs = keepAlive.toMillis();
  }

  /** Sends the head and a comment that names {@code subject}, so that proxies pass both on. */
  void open(String subject) {
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        // a compressor or a proxy that buffers would hold events back
        .putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY)
        .putHeader("X-Accel-Buffering", "no");
    write(": " + subject + "\n\n");
  }

  /** {@code id} is what a client comes back with as {@code Last-Event-ID}; null keeps the last. */
  void send(@Nullable String id, JsonObject data) {
    write((id == null ? "" : "id: " + id + "\n") + "data: " + data.encode() + "\n\n");
  }

  private void write(String text) {
    vertx.cancelTimer(timer);
    if (!response.closed() && !response.ended()) {
      response.write(text);
      timer = vertx.setTimer(keepAliveMs, silent -> keepAlive());
    }
  }

  /** A client that reads nothing gets nothing: the idle time-out ends it. */
  private void keepAlive() {
    if (response.writeQueueFull()) {
      timer = vertx.setTimer(keepAliveMs, silent -> keepAlive());
    } else {
      write(": keep-alive\n\n");
    }
  }

  /** Whether the client reads more slowly than events come. */
  boolean full() {
    return response.writeQueueFull();
  }

  /** Runs {@code go} when there is room again. */
  void whenDrained(Runnable go) {
    response.drainHandler(drained -> go.run());
  }

  void end() {
    vertx.cancelTimer(timer);
    if (!response.closed() && !response.ended()) {
      response.end();
    }
  }
}
