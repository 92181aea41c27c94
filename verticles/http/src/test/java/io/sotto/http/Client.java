package io.sotto.http;

import static io.sotto.testkit.Await.await;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A client of the API under test, with a key or without. */
final class Client {
  static final String JOBS = "/api/v1/transcriptions";
  private static final String BOUNDARY = "frontier";
  private static final int CONNECTIONS = 64;
  private final Vertx vertx;
  private final int port;
  private HttpClient http;

  Client(Vertx vertx, int port) {
    this.vertx = vertx;
    this.http = client(vertx);
    this.port = port;
  }

  private static HttpClient client(Vertx vertx) {
    return vertx.createHttpClient(
        new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(CONNECTIONS));
  }

  record Answer(int status, MultiMap headers, JsonObject body) {
    JsonObject error() {
      return body.getJsonObject("error");
    }

    String id() {
      return body.getString("id");
    }

    /** Of a list. */
    List<String> ids() {
      return body.getJsonArray("data").stream()
          .map(one -> ((JsonObject) one).getString("id"))
          .toList();
    }

    @Nullable String header(String name) {
      return headers.get(name);
    }
  }

  /** Closes every connection that it has. */
  void hangUp() {
    await(http.close());
    http = client(vertx);
  }

  Answer upload(@Nullable ApiKey key, String... headers) {
    return await(uploading(key, headers));
  }

  Answer upload(@Nullable ApiKey key, Map<String, String> fields, String... headers) {
    return await(uploading(key, fields, headers));
  }

  Future<Answer> uploading(@Nullable ApiKey key, String... headers) {
    return uploading(key, Map.of(), headers);
  }

  /** An upload that does not wait, unless {@code fields} say so. */
  Future<Answer> uploading(@Nullable ApiKey key, Map<String, String> fields, String... headers) {
    Map<String, String> sent = new TreeMap<>(fields);
    sent.putIfAbsent("sync", "false");
    Buffer form =
        Buffer.buffer(
                "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n"
                    .formatted(BOUNDARY))
            .appendBytes(new byte[100])
            .appendString("\r\n");
    sent.forEach(
        (name, value) ->
            form.appendString(
                "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
                    .formatted(BOUNDARY, name, value)));
    form.appendString("--" + BOUNDARY + "--\r\n");
    return send(HttpMethod.POST, JOBS, key, form, headers);
  }

  /** Waits for its job. */
  Future<Answer> syncing() {
    Buffer form =
        Buffer.buffer(
                "--%s\r\nContent-Disposition: form-data; name=\"sync\"\r\n\r\ntrue\r\n"
                    .formatted(BOUNDARY))
            .appendString(
                "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n"
                    .formatted(BOUNDARY))
            .appendString("--" + BOUNDARY + "--\r\n");
    return send(HttpMethod.POST, JOBS, null, form);
  }

  Future<Answer> getting(String path) {
    return send(HttpMethod.GET, path, null, Buffer.buffer());
  }

  Answer get(String path, @Nullable ApiKey key) {
    return await(getting(path, key));
  }

  Future<Answer> getting(String path, @Nullable ApiKey key) {
    return send(HttpMethod.GET, path, key, Buffer.buffer());
  }

  Answer delete(String path, @Nullable ApiKey key) {
    return await(send(HttpMethod.DELETE, path, key, Buffer.buffer()));
  }

  Answer post(String path, @Nullable ApiKey key, Buffer body, String... headers) {
    return await(send(HttpMethod.POST, path, key, body, headers));
  }

  /** Sends {@code body} as JSON. */
  Answer json(HttpMethod method, String path, @Nullable ApiKey key, Object body, String... more) {
    String[] headers = Arrays.copyOf(more, more.length + 2);
    headers[more.length] = "Content-Type";
    headers[more.length + 1] = "application/json";
    return await(send(method, path, key, Buffer.buffer(Json.encode(body)), headers));
  }

  /** Submits a request that names its recording. */
  Answer json(String path, Object body) {
    return post(path, null, Buffer.buffer(Json.encode(body)), "Content-Type", "application/json");
  }

  Future<Answer> naming(String url) {
    Buffer body = Buffer.buffer(new JsonObject().put("url", url).encode());
    return send(HttpMethod.POST, JOBS, null, body, "Content-Type", "application/json");
  }

  private Future<Answer> send(
      HttpMethod method, String path, @Nullable ApiKey key, Buffer body, String... headers) {
    return http.request(method, port, "127.0.0.1", path)
        .compose(
            request -> {
              if (key != null) {
                request.putHeader("Authorization", "Bearer " + key.text());
              }
              if (body.length() > 0) {
                request.putHeader("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
              }
              for (int i = 0; i < headers.length; i += 2) {
                request.putHeader(headers[i], headers[i + 1]);
              }
              return request.send(body).compose(Client::answer);
            });
  }

  private static Future<Answer> answer(HttpClientResponse response) {
    return response
        .body()
        .map(body -> new Answer(response.statusCode(), response.headers(), body.toJsonObject()));
  }
}
