package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.ClusterBus;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.ext.web.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The headers of every route's answer, also where it is a refusal, to a page of another origin. */
class SafeHeadersTest {
  private static final String EVIL = "https://evil.example";
  private final Vertx vertx = Vertx.vertx();
  private final ApiKey ann = ApiKey.create();
  private final HttpClient client = vertx.createHttpClient();
  @TempDir private Path folder;
  private HttpVerticle http;

  @BeforeEach
  void start() throws IOException {
    Path keys = Files.writeString(folder.resolve("keys"), ann.line(1, "ann"));
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 1000, Duration.ofMillis(300), "base")
            .with(keys, Admission.UNLIMITED)
            .with(Set.of(Shim.values()));
    http =
        new HttpVerticle(options, new FakeJobStore(), new FakeAudioStore(), ClusterBus.open(vertx));
    await(vertx.deployVerticle(http));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private record Seen(int status, MultiMap headers) {}

  private Seen call(HttpMethod method, String path, boolean known) {
    RequestOptions request =
        new RequestOptions()
            .setHost("127.0.0.1")
            .setPort(http.port())
            .setMethod(method)
            .setURI(path)
            .putHeader("Origin", EVIL);
    if (known) {
      request.putHeader("Authorization", "Bearer " + ann.text());
    }
    return await(
        client
            .request(request)
            .compose(sending -> sending.send())
            .map(answer -> new Seen(answer.statusCode(), answer.headers())));
  }

  /** {@code described}: of the API's description, which is everybody's and may be cached. */
  private static void assertSafe(String what, Seen seen, boolean described) {
    Map<String, String> wanted = new TreeMap<>(SafeHeaders.ALL);
    if (described) {
      assertTrue(seen.headers.get("Content-Security-Policy").contains("frame-ancestors 'none'"));
      wanted.remove("Content-Security-Policy");
      wanted.remove("cache-control");
    }
    wanted.forEach((name, value) -> assertEquals(value, seen.headers.get(name), what + " " + name));
    assertNull(seen.headers.get("Access-Control-Allow-Origin"), what);
    assertNull(seen.headers.get("Server"), what);
  }

  @Test
  void everyRouteAnswersSafely() {
    Set<Integer> statuses = new TreeSet<>();
    for (Route route : http.router().getRoutes()) {
      if (route.getPath() != null) {
        String path =
            route.getPath().replaceAll(":file", "start.js").replaceAll(":\\w+", "no-such-thing");
        for (HttpMethod method : route.methods()) {
          Seen seen = call(method, path, true);
          assertSafe(method + " " + path, seen, path.matches("/(docs|openapi).*"));
          statuses.add(seen.status);
        }
      }
    }
    assertTrue(statuses.containsAll(Set.of(200, 404, 415)), statuses::toString);
  }

  @Test
  void refusalsAnswerSafelyToo() {
    assertEquals(401, call(HttpMethod.GET, Client.JOBS, false).status);
    assertSafe("401", call(HttpMethod.GET, Client.JOBS, false), false);
    Seen lost = call(HttpMethod.GET, "/nowhere", true);
    assertEquals(404, lost.status);
    assertSafe("404", lost, false);
    Seen wrong = call(HttpMethod.TRACE, Client.JOBS, true);
    assertEquals(405, wrong.status);
    assertSafe("405", wrong, false);
    assertSafe("preflight", call(HttpMethod.OPTIONS, Client.JOBS, false), false);
  }
}
