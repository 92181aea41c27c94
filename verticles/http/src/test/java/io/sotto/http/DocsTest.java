package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.sotto.protocol.ClusterBus;
import io.sotto.testkit.Await;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The description and its page as a browser gets them. */
class DocsTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static Vertx vertx;
  private static HttpVerticle http;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    HttpOptions options = new HttpOptions("127.0.0.1", 0, 1000, Duration.ofMillis(300), "base");
    http =
        new HttpVerticle(options, new FakeJobStore(), new FakeAudioStore(), ClusterBus.open(vertx));
    Await.await(vertx.deployVerticle(http));
  }

  @AfterAll
  static void stop() {
    Await.await(vertx.close());
  }

  private static HttpResponse<String> get(String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + path))
            .timeout(Duration.ofSeconds(20));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("none");
  }

  @Test
  void bothFormsSayTheSame() throws Exception {
    HttpResponse<String> json = get("/openapi.json");
    HttpResponse<String> yaml = get("/openapi.yaml");
    assertEquals("application/json", header(json, "content-type"));
    assertTrue(header(yaml, "content-type").startsWith("application/yaml"));
    assertEquals(OpenApi.document(Set.of()), new ObjectMapper().readTree(json.body()));
    assertEquals(OpenApi.document(Set.of()), new YAMLMapper().readTree(yaml.body()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/openapi.json", "/openapi.yaml"})
  void aCopyThatIsStillRightIsNotSentAgain(String path) throws Exception {
    HttpResponse<String> first = get(path);
    assertTrue(header(first, "cache-control").startsWith("public"));
    HttpResponse<String> again = get(path, "If-None-Match", header(first, "etag"));
    assertEquals(304, again.statusCode());
    assertEquals("", again.body());
    assertEquals(200, get(path, "If-None-Match", "\"another\"").statusCode());
  }

  @Test
  void everythingThatThePageLoadsIsThere() throws Exception {
    HttpResponse<String> page = get("/docs");
    assertTrue(header(page, "content-type").startsWith("text/html"));
    Matcher links = Pattern.compile("(?:src|href)=\"([^\"]+)\"").matcher(page.body());
    int found = 0;
    while (links.find()) {
      HttpResponse<String> file = get("/" + links.group(1));
      assertEquals(200, file.statusCode(), links.group(1));
      assertFalse(file.body().isEmpty(), links.group(1));
      found++;
    }
    assertEquals(6, found);
    assertEquals("nosniff", header(get("/docs/start.js"), "x-content-type-options"));
    assertTrue(get("/docs/start.js").body().contains("openapi.json"));
    assertTrue(header(get("/docs/start.js"), "content-type").startsWith("text/javascript"));
    assertTrue(header(get("/docs/swagger-ui.css"), "content-type").startsWith("text/css"));
    assertEquals("image/png", header(get("/docs/favicon-32x32.png"), "content-type"));
  }

  @Test
  void thePageRunsNoScriptOfOthers() throws Exception {
    HttpResponse<String> page = get("/docs");
    String policy = header(page, "content-security-policy");
    assertTrue(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), policy);
    assertFalse(page.body().contains("<script>"), "an inline script would not run");
  }

  @Test
  void aSlashTooManyLeadsToThePage() throws Exception {
    HttpResponse<String> answer = get("/docs/");
    assertEquals(308, answer.statusCode());
    assertEquals("../docs", header(answer, "location"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/docs/index.html",
        "/docs/page.html",
        "/docs/..%2Fopenapi%2Fbase.yaml",
        "/docs/%2e%2e%2fopenapi%2fbase.yaml",
        "/docs/..%5Copenapi%5Cbase.yaml",
        "/docs/../openapi/base.yaml",
        "/docs/start.js%00.png",
        "/docs/META-INF/MANIFEST.MF"
      })
  void nothingElseIsServed(String path) throws Exception {
    HttpResponse<String> answer = get(path);
    assertEquals(404, answer.statusCode(), answer.body());
    assertTrue(answer.body().contains("\"not_found\""), answer.body());
  }
}
