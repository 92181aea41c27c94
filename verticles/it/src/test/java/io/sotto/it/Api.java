package io.sotto.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A client as users write one: plain HTTP, multipart forms, JSON. */
final class Api {
  static final String JOBS = "/api/v1/transcriptions";
  static final String OPENAI = "/v1/audio/transcriptions";
  private static final String BOUNDARY = "a-boundary-of-the-tests";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI server;

  Api(URI server) {
    this.server = server;
  }

  HttpResponse<String> upload(String path, Path file, Map<String, String> fields, String... headers)
      throws IOException, InterruptedException {
    return upload(path, BodyPublishers.ofFile(file), fields, headers);
  }

  HttpResponse<String> upload(
      String path, BodyPublisher file, Map<String, String> fields, String... headers)
      throws IOException, InterruptedException {
    return upload(path, "file", file, fields, headers);
  }

  /** The recording as the part {@code name} of the form. */
  HttpResponse<String> upload(
      String path, String name, BodyPublisher file, Map<String, String> fields, String... headers)
      throws IOException, InterruptedException {
    return http.send(form(path, name, file, fields, headers), BodyHandlers.ofString());
  }

  /** As an upload, answered line by line as they come. */
  HttpResponse<Stream<String>> stream(String path, BodyPublisher file, Map<String, String> fields)
      throws IOException, InterruptedException {
    return http.send(form(path, "file", file, fields), BodyHandlers.ofLines());
  }

  private HttpRequest form(
      String path, String part, BodyPublisher file, Map<String, String> fields, String... headers) {
    List<BodyPublisher> parts = new ArrayList<>();
    Map<String, String> sent = new LinkedHashMap<>(fields);
    if (path.equals(JOBS)) {
      sent.putIfAbsent("sync", "false"); // short recordings would be waited for
    }
    sent.forEach(
        (field, value) ->
            parts.add(
                BodyPublishers.ofString(
                    "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
                        .formatted(BOUNDARY, field, value))));
    parts.add(
        BodyPublishers.ofString(
            "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"talk.wav\"\r\n\r\n"
                .formatted(BOUNDARY, part)));
    parts.add(file);
    parts.add(BodyPublishers.ofString("\r\n--" + BOUNDARY + "--\r\n"));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(PATIENCE)
            .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
            .POST(BodyPublishers.concat(parts.toArray(BodyPublisher[]::new)));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }

  HttpResponse<String> get(String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path)).timeout(PATIENCE);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(PATIENCE)
            .POST(BodyPublishers.noBody())
            .build(),
        BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build(),
        BodyHandlers.ofString());
  }

  HttpResponse<String> delete(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(server.resolve(path)).timeout(PATIENCE).DELETE().build(),
        BodyHandlers.ofString());
  }

  JsonNode job(String id) throws IOException, InterruptedException {
    return json(get(JOBS + "/" + id));
  }

  /** Asks for the job until it is {@code right}; each answer takes its own time. */
  JsonNode await(String id, Predicate<JsonNode> right) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    JsonNode job = job(id);
    while (!right.test(job)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still " + job);
      }
      job = job(id);
    }
    return job;
  }

  static boolean ended(JsonNode job) {
    return List.of("completed", "failed", "cancelled").contains(job.path("status").asText());
  }

  static JsonNode json(HttpResponse<String> answer) throws IOException {
    return JSON.readTree(answer.body());
  }
}
