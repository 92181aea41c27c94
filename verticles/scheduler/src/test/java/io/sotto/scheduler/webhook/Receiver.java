package io.sotto.scheduler.webhook;

import static io.sotto.testkit.Await.await;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Somebody who is told: a real server that answers as a test says, 204 by itself. */
final class Receiver {
  private final BlockingQueue<Got> got = new LinkedBlockingQueue<>();
  private final Queue<Consumer<HttpServerRequest>> answers = new ConcurrentLinkedQueue<>();
  final AtomicInteger connections = new AtomicInteger();
  private final HttpServer server;

  record Got(String path, MultiMap headers, Buffer body) {}

  Receiver(Vertx vertx, HttpServerOptions options) {
    server =
        await(
            vertx
                .createHttpServer(options)
                .connectionHandler(connection -> connections.incrementAndGet())
                .requestHandler(this::handle)
                .listen(0, "127.0.0.1"));
  }

  Receiver(Vertx vertx) {
    this(vertx, new HttpServerOptions());
  }

  private void handle(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              got.add(new Got(request.uri(), request.headers(), body));
              Consumer<HttpServerRequest> answer = answers.poll();
              if (answer == null) {
                request.response().setStatusCode(204).end();
              } else {
                answer.accept(request);
              }
            });
  }

  /** The next request that has no answer yet gets this one. */
  Receiver then(Consumer<HttpServerRequest> answer) {
    answers.add(answer);
    return this;
  }

  Receiver then(int status) {
    return then(request -> request.response().setStatusCode(status).end("so"));
  }

  Got next() throws InterruptedException {
    Got next = got.poll(15, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing came");
    }
    return next;
  }

  int waiting() {
    return got.size();
  }

  Future<Void> close() {
    return server.close();
  }

  int port() {
    return server.actualPort();
  }
}
