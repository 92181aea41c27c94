package io.sotto.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map.Entry;
import java.util.function.UnaryOperator;

/**
 * A request that the API's description shows, under {@code x-sotto-example} of an operation: {@code
 * path}, {@code query}, {@code headers}, {@code form} and {@code files} (out of samples/) or {@code
 * body}, the {@code status} of its answer and what that {@code contains}.
 */
record Example(String method, String path, JsonNode operation, JsonNode given) {
  private static final String BOUNDARY = "a-boundary-of-the-examples";
  private static final List<String> METHODS = List.of("get", "put", "post", "delete", "patch");

  /** All of a description. An operation without one has to say why. */
  static List<Example> of(JsonNode document) {
    List<Example> found = new ArrayList<>();
    for (Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (String method : METHODS) {
        JsonNode operation = path.getValue().path(method);
        JsonNode given = operation.path("x-sotto-example");
        if (given.isArray()) {
          given.forEach(one -> found.add(new Example(method, path.getKey(), operation, one)));
        } else if (given.isObject()) {
          found.add(new Example(method, path.getKey(), operation, given));
        } else if (operation.isObject() && operation.path("x-sotto-no-example").isMissingNode()) {
          throw new AssertionError(method + " " + path.getKey() + " has no example");
        }
      }
    }
    return found;
  }

  /** What the example says, otherwise the first success of the operation. */
  String status() {
    if (given.has("status")) {
      return given.path("status").asText();
    }
    for (Entry<String, JsonNode> response : operation.path("responses").properties()) {
      if (response.getKey().startsWith("2")) {
        return response.getKey();
      }
    }
    throw new AssertionError(this + " never succeeds");
  }

  /** {@code fill} puts ids in the place of {@code $job} and the like. */
  HttpRequest request(URI server, UnaryOperator<String> fill) throws IOException {
    JsonNode filled = fill(given, fill);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(target(filled))).timeout(Duration.ofMinutes(2));
    for (Entry<String, JsonNode> header : filled.path("headers").properties()) {
      request.header(header.getKey(), header.getValue().asText());
    }
    BodyPublisher body = BodyPublishers.noBody();
    if (filled.has("body")) {
      request.header("Content-Type", "application/json");
      body = BodyPublishers.ofString(filled.path("body").toString());
    } else if (filled.has("form") || filled.has("files")) {
      request.header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
      body = BodyPublishers.ofByteArray(form(filled));
    }
    return request.method(method.toUpperCase(Locale.ROOT), body).build();
  }

  private static JsonNode fill(JsonNode node, UnaryOperator<String> fill) {
    if (node.isTextual()) {
      return TextNode.valueOf(fill.apply(node.asText()));
    }
    if (node instanceof ObjectNode object) {
      ObjectNode filled = object.deepCopy();
      object.properties().forEach(each -> filled.set(each.getKey(), fill(each.getValue(), fill)));
      return filled;
    }
    return node;
  }

  private String target(JsonNode filled) {
    String target = path;
    for (Entry<String, JsonNode> each : filled.path("path").properties()) {
      target = target.replace("{" + each.getKey() + "}", encode(each.getValue()));
    }
    List<String> query = new ArrayList<>();
    for (Entry<String, JsonNode> each : filled.path("query").properties()) {
      for (JsonNode value :
          each.getValue().isArray() ? each.getValue() : List.of(each.getValue())) {
        query.add(each.getKey() + "=" + encode(value));
      }
    }
    return query.isEmpty() ? target : target + "?" + String.join("&", query);
  }

  private static String encode(JsonNode value) {
    return URLEncoder.encode(value.asText(), StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static byte[] form(JsonNode filled) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Entry<String, JsonNode> each : filled.path("form").properties()) {
      for (JsonNode value :
          each.getValue().isArray() ? each.getValue() : List.of(each.getValue())) {
        part(body, "\"" + each.getKey() + "\"", value.asText().getBytes(StandardCharsets.UTF_8));
      }
    }
    for (Entry<String, JsonNode> each : filled.path("files").properties()) {
      String name = each.getValue().asText();
      byte[] file = Files.readAllBytes(Recordings.HOME.resolve("samples").resolve(name));
      part(body, "\"" + each.getKey() + "\"; filename=\"" + name + "\"", file);
    }
    body.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return body.toByteArray();
  }

  private static void part(ByteArrayOutputStream body, String name, byte[] value) {
    String head = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=" + name + "\r\n\r\n";
    body.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    body.writeBytes(value);
    body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return method + " " + path + " " + given;
  }
}
