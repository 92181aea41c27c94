package io.sotto.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/**
 * Speaks the job API of a server, as any other client does: uploads stream from disk, answers are
 * JSON.
 */
final class ApiClient implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration UPLOAD_TIMEOUT = Duration.ofHours(6);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();
  private final URI server;
  private final String key;

  /** {@code key} is empty where the server asks for none. */
  ApiClient(URI server, String key) {
    this.server = server;
    this.key = key;
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path));
    return key.isEmpty() ? request : request.header("Authorization", "Bearer " + key);
  }

  /** Uploads {@code file} as a new job with these form fields; gives its id. */
  String submit(Path file, Map<String, String> fields) throws IOException, InterruptedException {
    String boundary = "sotto-" + UUID.randomUUID();
    HttpRequest request =
        request("/api/v1/transcriptions")
            .timeout(UPLOAD_TIMEOUT)
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(multipart(boundary, file, fields))
            .build();
    return read(http.send(request, BodyHandlers.ofString())).path("id").asText();
  }

  /** The job resource. */
  JsonNode job(String id) throws IOException, InterruptedException {
    return read(get("/api/v1/transcriptions/" + id));
  }

  /** The transcript of a completed job, rendered by the server as the query says. */
  String download(String id, String query) throws IOException, InterruptedException {
    HttpResponse<String> answer = get("/api/v1/transcriptions/" + id + "/download?" + query);
    if (answer.statusCode() != 200) {
      read(answer);
    }
    return answer.body();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request = request(path).timeout(ANSWER_TIMEOUT).build();
    return http.send(request, BodyHandlers.ofString());
  }

  private static JsonNode read(HttpResponse<String> answer) throws IOException {
    if (answer.statusCode() / 100 == 2) {
      return JSON.readTree(answer.body());
    }
    throw new IOException(reason(answer));
  }

  private static String reason(HttpResponse<String> answer) {
    try {
      String message = JSON.readTree(answer.body()).path("error").path("message").asText();
      return message.isEmpty() ? "the server answered " + answer.statusCode() : message;
    } catch (IOException notJson) {
      return "the server answered " + answer.statusCode();
    }
  }

  private static BodyPublisher multipart(String boundary, Path file, Map<String, String> fields)
      throws FileNotFoundException {
    StringBuilder head = new StringBuilder();
    fields.forEach(
        (name, value) ->
            head.append("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name)
                .append("\"\r\n\r\n" + value + "\r\n"));
    String fileName = encodeFileName(file.getFileName().toString());
    head.append("--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; ")
        .append("filename=\"" + fileName + "\"\r\n")
        .append("Content-Type: application/octet-stream\r\n\r\n");
    return BodyPublishers.concat(
        BodyPublishers.ofString(head.toString()),
        BodyPublishers.ofFile(file),
        BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"));
  }

  /** WHATWG's form encoding of a file name: quotes and line ends by percent, the rest as it is. */
  private static String encodeFileName(String name) {
    return name.replace("\"", "%22").replace("\r", "%0D").replace("\n", "%0A");
  }

  /** A failure's sentence for a person. */
  static String sentence(Exception failure) {
    Throwable cause =
        failure instanceof UncheckedIOException wrapped ? wrapped.getCause() : failure;
    if (cause instanceof java.net.ConnectException) {
      return "no server answers there; start one with ./sotto serve, or leave --server out";
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
