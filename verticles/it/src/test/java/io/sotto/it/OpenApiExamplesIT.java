package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.node.SottoNode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the API's description and the README show works as it stands there: every example is
 * requested from a real node and answered as described.
 */
class OpenApiExamplesIT {
  @TempDir private static Path data;
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static Vertx vertx;
  private static SottoNode node;
  private static Api api;
  private static JsonNode document;
  private static DescribedAnswer described;
  private static String job;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    node = Nodes.start(data, Map.of("http.shims", "whisper-cpp,asr-webservice"));
    api = new Api(node.url());
    document = Api.json(api.get("/openapi.json"));
    described = new DescribedAnswer(document, vertx);
    job = completed("samples/jfk.wav");
  }

  @AfterAll
  static void stop() {
    node.close();
    vertx.close();
  }

  private static String submitted(Path file) throws IOException, InterruptedException {
    HttpResponse<String> answer = api.upload(Api.JOBS, file, Map.of("language", "en"));
    assertEquals(202, answer.statusCode(), answer.body());
    return Api.json(answer).path("id").asText();
  }

  private static String completed(String sample) throws IOException, InterruptedException {
    String id = submitted(Recordings.HOME.resolve(sample));
    assertEquals("completed", api.await(id, Api::ended).path("status").asText());
    return id;
  }

  private static String open() throws Exception {
    return submitted(Recordings.repeated(data.resolve("long.wav"), 12, 600));
  }

  private static String endpoint() throws Exception {
    HttpResponse<String> answer =
        api.post("/api/v1/webhooks", "{\"url\": \"https://hooks.example.com/sotto\"}");
    assertEquals(201, answer.statusCode(), answer.body());
    return Api.json(answer).path("id").asText();
  }

  static List<Example> examples() {
    List<Example> all = Example.of(document);
    assertTrue(all.size() >= 10, all::toString);
    return all;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void anExampleIsAnsweredAsDescribed(Example example) throws Exception {
    HttpResponse<String> answer =
        CLIENT.send(example.request(node.url(), OpenApiExamplesIT::fill), BodyHandlers.ofString());
    assertEquals(example.status(), String.valueOf(answer.statusCode()), answer.body());
    assertTrue(answer.headers().firstValue("x-request-id").isPresent());
    described.assertDescribed(example.operation(), answer);
    String contains = example.given().path("contains").asText();
    assertTrue(answer.body().contains(contains), () -> contains + " is not in " + answer.body());
  }

  /** What examples need: {@code $job} is one for all, jobs and endpoints else are their own. */
  private static String fill(String value) {
    try {
      return switch (value) {
        case "$job" -> job;
        case "$ended" -> completed("samples/en-fox.wav");
        case "$open" -> open();
        case "$endpoint" -> endpoint();
        default -> value.replace("$job", job);
      };
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> commands() throws IOException {
    List<String> all = ReadmeCurls.of(Recordings.HOME.resolve("README.md"));
    assertTrue(all.size() >= 6, all::toString);
    return all;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aCommandOfTheReadmeSucceeds(String command) throws Exception {
    int status = ReadmeCurls.run(command, node.url(), meant(command), data);
    assertEquals(2, status / 100, () -> command + " was answered with " + status);
  }

  /** The job of a command that ends or deletes it is its own. */
  private static String meant(String command) throws Exception {
    if (command.contains("/cancel")) {
      return open();
    }
    return command.contains("DELETE") ? completed("samples/en-fox.wav") : job;
  }

  @Test
  void aWrongCommandWouldBeNoticed() throws Exception {
    String command = "curl " + ReadmeCurls.SERVER + "/nowhere/<id>";
    assertEquals(404, ReadmeCurls.run(command, node.url(), job, data));
  }
}
