package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** An answer as it comes in, and the events that it holds so far. */
final class Sse {
  private static final String BOUNDARY = "frontier";
  private final HttpClient http;
  private final StringBuffer got = new StringBuffer();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicBoolean broken = new AtomicBoolean();
  private final AtomicReference<MultiMap> headers = new AtomicReference<>();
  private final AtomicReference<Integer> status = new AtomicReference<>();

  /** {@code id} is null for an event without one. */
  record Event(@Nullable String id, JsonObject data) {}

  private Sse(Vertx vertx) {
    http = vertx.createHttpClient();
  }

  static Sse get(Vertx vertx, int port, String path, String... headers) {
    return new Sse(vertx).send(HttpMethod.GET, port, path, Buffer.buffer(), headers);
  }

  /** Uploads a file, with {@code field=value} fields; further header names and values. */
  static Sse upload(Vertx vertx, int port, String path, String fields, String... headers) {
    Buffer form = Buffer.buffer();
    for (String field : fields.split("&")) {
      String[] pair = field.split("=");
      form.appendString(
          "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
              .formatted(BOUNDARY, pair[0], pair[1]));
    }
    form.appendString(
        "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n--%s--\r\n"
            .formatted(BOUNDARY, BOUNDARY));
    return new Sse(vertx).send(HttpMethod.POST, port, path, form, headers);
  }

  private Sse send(HttpMethod method, int port, String path, Buffer body, String... fields) {
    http.request(method, port, "127.0.0.1", path)
        .compose(
            request -> {
              request.putHeader("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
              for (int i = 0; i < fields.length; i += 2) {
                request.putHeader(fields[i], fields[i + 1]);
              }
              return request
                  .send(body)
                  .onSuccess(
                      response -> {
                        response.handler(bytes -> got.append(bytes.toString()));
                        response.exceptionHandler(cut -> broken.set(true));
                        response.endHandler(end -> ended.set(true));
                        status.set(response.statusCode());
                        headers.set(response.headers());
                      });
            })
        .onFailure(cut -> broken.set(true));
    return this;
  }

  int status() {
    until(() -> Future.succeededFuture(status.get()), code -> code != null);
    return status.get();
  }

  String header(String name) {
    until(() -> Future.succeededFuture(headers.get()), all -> all != null);
    return String.valueOf(headers.get().get(name));
  }

  String text() {
    return got.toString();
  }

  /** The first {@code count} events, once they are there. */
  List<Event> events(int count) {
    return until(() -> Future.succeededFuture(events()), events -> events.size() >= count);
  }

  List<Event> events() {
    List<Event> events = new ArrayList<>();
    String text = got.toString();
    for (String block : text.substring(0, text.lastIndexOf("\n\n") + 1).split("\n\n")) {
      String id = null;
      for (String line : block.split("\n")) {
        if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("data: ")) {
          events.add(new Event(id, new JsonObject(line.substring(6))));
        }
      }
    }
    return events;
  }

  void awaitText(String part) {
    until(() -> Future.succeededFuture(got.toString()), text -> text.contains(part));
  }

  Sse awaitEnd() {
    until(() -> Future.succeededFuture(ended.get()), end -> end);
    return this;
  }

  void awaitBreak() {
    until(() -> Future.succeededFuture(broken.get()), cut -> cut);
  }

  void hangUp() {
    await(http.close());
  }
}
