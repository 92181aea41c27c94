package io.sotto.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An answer of server-sent events, each one line of JSON. Its head goes out with the first of them,
 * so that what fails before can still be told by its status. While nothing is sent for {@code
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
    this.timer = vertx.setTimer(keepAliveMs, silent -> keepAlive());
  }

  /** Sends the head before any event, with a comment, so that proxies pass it on. */
  void open() {
    write(": open\n\n");
  }

  /** Whether the head is out, and with it the status 200. */
  boolean begun() {
    return response.headWritten();
  }

  private void head() {
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        // a compressor or a proxy that buffers would hold events back
        .putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY)
        .putHeader("X-Accel-Buffering", "no");
  }

  /** {@code id} is what a client comes back with as {@code Last-Event-ID}; null keeps the last. */
  void send(@Nullable String id, JsonObject data) {
    write((id == null ? "" : "id: " + id + "\n") + "data: " + data.encode() + "\n\n");
  }

  private void write(String text) {
    vertx.cancelTimer(timer);
    if (!response.closed() && !response.ended()) {
      if (!begun()) {
        head();
      }
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

  /** Ends what has begun; what has not is left to whoever answers instead. */
  void end() {
    vertx.cancelTimer(timer);
    if (begun() && !response.closed() && !response.ended()) {
      response.end();
    }
  }
}
