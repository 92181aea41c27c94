package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.sotto.http.ApiKey;
import io.sotto.it.Recordings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two nodes that tell all they can, one of them in JSON, both to a collector of spans, are given
 * every kind of secret there is, do their work, and have both stores taken from them: nothing that
 * they tell holds a secret, every line about a chunk names the request that it comes from, and the
 * spans of a request lead from its upload to the commit of its last chunk.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ObservedIT {
  private static final String REQUEST = "request-of-the-test";
  private static final String TRACED = "request-that-is-traced";
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String HOOK_TOKEN = "hook-token-3f8a61";
  private static final String LINK_TOKEN = "link-token-77c0de";
  private static final String WRONG_KEY = "sk-wrong-key-5512aa";
  private static final String OWN_HOOK_SECRET =
      "whsec_c2VjcmV0LW9mLXRoZS1jYWxsZXItMDEyMzQ1Njc4OQ==";
  private static final String CLUSTER_SECRET = "cluster-secret-90ab41ff";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final long LATENCY_MS = 50;

  /** Parent and child, by name. */
  private static final Set<String> EDGES =
      Set.of(
          "- > POST",
          "POST > PutObject",
          "POST > wait for ingest",
          "POST > prepare",
          "prepare > fetch",
          "prepare > PutObject",
          "prepare > record chunks",
          "POST > wait for worker",
          "POST > transcribe",
          "transcribe > fetch",
          "transcribe > commit");

  private static final Queue<String> LINES = new ConcurrentLinkedQueue<>();
  private static final List<String> SECRETS = new ArrayList<>();
  private static final List<String> TEXTS = new ArrayList<>();
  private static final Sound SOUND = Sound.of(7, 3);
  private static HttpServer media;
  private static Receiver receiver;
  private static SpanCollector collector;
  private static House house;
  private static ApiKey key;

  @BeforeAll
  static void work() throws Exception {
    Path folder = Files.createDirectories(Recordings.HOME.resolve("verticles/it/target/redaction"));
    key = ApiKey.create();
    Path keys = Files.write(folder.resolve("keys"), List.of(key.line(1, "one")));
    receiver = Receiver.open();
    media = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    media.createContext(
        "/",
        get -> {
          get.sendResponseHeaders(200, SOUND.wav().length);
          get.getResponseBody().write(SOUND.wav());
          get.close();
        });
    media.start();
    Map<String, String> own = new HashMap<>(receiver.settings());
    own.put("SOTTO_HTTP_KEYS_FILE", keys.toString());
    own.put("SOTTO_HTTP_FETCH_FROM", "any");
    own.put("SOTTO_HTTP_FETCH_PORTS", Integer.toString(media.getAddress().getPort()));
    collector = SpanCollector.open();
    own.put("SOTTO_TRACING_OTLP_ENDPOINT", collector.url());
    own.put("SOTTO_CLUSTER_SECRET", CLUSTER_SECRET);
    own.put("JAVA_TOOL_OPTIONS", "-Dsotto.log.level=TRACE");
    house = House.open(folder, places(own), LATENCY_MS, LINES::add);
    SECRETS.addAll(
        List.of(
            key.text(),
            WRONG_KEY,
            HOOK_TOKEN,
            LINK_TOKEN,
            OWN_HOOK_SECRET,
            CLUSTER_SECRET,
            own.get("SOTTO_WEBHOOKS_SECRET"),
            house.database().options().password(),
            house.s3().secretKey(),
            "X-Amz-Signature",
            "X-Amz-Credential",
            "Bearer "));
    calls();
  }

  private static List<House.Place> places(Map<String, String> own) {
    Map<String, String> json = new HashMap<>(own);
    json.put("SOTTO_LOG_FORMAT", "json");
    String all = "http,ingest,scheduler,worker";
    return List.of(new House.Place("json", all, json), new House.Place("text", all, own));
  }

  @AfterAll
  static void close() throws Exception {
    house.close();
    receiver.close();
    collector.close();
    media.stop(0);
  }

  /** Each node is asked for everything, with the stores there and away. */
  private static void calls() throws Exception {
    HttpClient.Builder client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    try (HttpClient http = client.build()) {
      for (URI url : house.urls()) {
        assertEquals(401, send(http, url, WRONG_KEY, Map.of()));
        assertEquals(200, send(http, url, key.text(), secrets()));
        assertEquals(200, send(http, url, key.text(), link()));
      }
      assertEquals(200, send(http, house.urls().getFirst(), key.text(), Map.of(), TRACED));
      house.storeProxy().set(new Fault.ResetAfter(0));
      for (URI url : house.urls()) {
        assertEquals(503, send(http, url, key.text(), secrets()));
      }
      house.storeProxy().heal();
      house.database().proxy().set(new Fault.ResetAfter(0));
      for (URI url : house.urls()) {
        assertEquals(503, send(http, url, key.text(), secrets()));
      }
      house.database().proxy().heal();
    }
  }

  private static Map<String, String> secrets() {
    Map<String, String> fields = new HashMap<>();
    fields.put("webhook_url", receiver.fields().get("webhook_url") + "?token=" + HOOK_TOKEN);
    fields.put("webhook_secret", OWN_HOOK_SECRET);
    return fields;
  }

  private static Map<String, String> link() {
    int port = media.getAddress().getPort();
    return Map.of("url", "http://127.0.0.1:" + port + "/a.wav?X-Amz-Signature=" + LINK_TOKEN);
  }

  private static int send(HttpClient http, URI url, String as, Map<String, String> fields)
      throws Exception {
    return send(http, url, as, fields, REQUEST);
  }

  /** One of another name than usual comes from no trace. */
  private static int send(
      HttpClient http, URI url, String as, Map<String, String> fields, String request)
      throws Exception {
    HttpRequest.Builder call =
        HttpRequest.newBuilder(url.resolve("/api/v1/transcriptions?key=" + LINK_TOKEN))
            .timeout(ANSWER)
            .header("Authorization", "Bearer " + as)
            .header("X-Request-ID", request);
    if (request.equals(REQUEST)) {
      call.header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01");
    }
    if (fields.containsKey("url")) {
      call.header("Content-Type", "application/json");
      Map<String, Object> body = new HashMap<>(fields);
      body.put("sync", true);
      call.POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
    } else {
      Map<String, String> form = new HashMap<>(fields);
      form.put("sync", "true");
      call.header("Content-Type", Upload.TYPE);
      call.POST(BodyPublishers.ofByteArray(Upload.form(SOUND.wav(), form)));
    }
    HttpResponse<String> answer = http.send(call.build(), BodyHandlers.ofString());
    String text = JSON.readTree(answer.body()).path("text").asText();
    if (!text.isEmpty()) {
      TEXTS.add(text);
    }
    return answer.statusCode();
  }

  private static List<String> lines(String node) {
    return LINES.stream()
        .filter(line -> line.startsWith(node + " "))
        .map(line -> line.substring(node.length() + 1))
        .toList();
  }

  @Test
  void noLineHoldsASecret() {
    assertTrue(LINES.size() > 100, "they tell all they can: " + LINES.size());
    for (String secret : SECRETS) {
      assertTrue(secret.length() > 6, secret);
      assertEquals(List.of(), LINES.stream().filter(line -> line.contains(secret)).toList());
    }
  }

  @Test
  void noSpanHoldsASecret() throws Exception {
    assertFalse(collector.await(spans -> spans).isEmpty());
    for (String secret : SECRETS) {
      assertTrue(collector.bodies().stream().noneMatch(body -> body.contains(secret)), secret);
    }
  }

  /** Parents and children by name: of a job that waits in a table twice. */
  private static Set<String> edges(List<SpanCollector.Told> trace) {
    Map<String, String> names = new HashMap<>();
    trace.forEach(span -> names.put(span.id(), span.name()));
    return trace.stream()
        .map(span -> names.getOrDefault(span.parent(), "-") + " > " + span.name())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<SpanCollector.Told> traced(List<SpanCollector.Told> all) {
    String id =
        all.stream()
            .filter(span -> TRACED.equals(span.attributes().get("sotto.request_id")))
            .map(SpanCollector.Told::trace)
            .findFirst()
            .orElse("none yet");
    List<SpanCollector.Told> trace = all.stream().filter(s -> s.trace().equals(id)).toList();
    return edges(trace).containsAll(EDGES) ? trace : List.of();
  }

  @Test
  void oneTraceLeadsFromTheUploadToTheCommit() throws Exception {
    List<SpanCollector.Told> trace = collector.await(ObservedIT::traced);
    assertFalse(trace.isEmpty(), () -> "not all of these came: " + EDGES + "; " + lastTrace());
    long roots = trace.stream().filter(span -> span.parent().isEmpty()).count();
    assertEquals(1, roots, edges(trace)::toString);
    assertFalse(edges(trace).stream().anyMatch(e -> e.startsWith("- >") && !e.equals("- > POST")));
    List<SpanCollector.Told> chunks =
        trace.stream().filter(span -> span.name().equals("transcribe")).toList();
    assertEquals(3, chunks.size());
    for (SpanCollector.Told chunk : chunks) {
      assertTrue(Double.parseDouble(chunk.attributes().get("sotto.audio_seconds")) > 0.4);
      // the engine takes between half and one and a half of it
      assertTrue(chunk.ms() >= LATENCY_MS / 2.0, chunk::toString);
    }
  }

  private static String lastTrace() {
    try {
      return collector.await(spans -> spans).stream()
          .map(span -> span.trace() + " " + span.parent() + " " + span.id() + " " + span.name())
          .collect(Collectors.joining("\n"));
    } catch (InterruptedException e) {
      return e.toString();
    }
  }

  @Test
  void noLineHoldsATranscript() {
    assertEquals(5, TEXTS.size(), "each job that could be done said something");
    for (String text : TEXTS) {
      String words = text.strip().substring(0, 9);
      assertEquals(List.of(), LINES.stream().filter(line -> line.contains(words)).toList());
    }
  }

  @Test
  void everyJsonLineIsAnObjectAndNamesTheRequestOfItsChunk() throws Exception {
    int chunks = 0;
    for (String line : lines("json")) {
      if (!line.startsWith("{")) {
        continue; // what the harness itself prints
      }
      JsonNode fields = JSON.readTree(line);
      for (String name : Set.of("time", "level", "logger", "message", "node")) {
        assertTrue(fields.hasNonNull(name), line);
      }
      if (fields.has("chunk")) {
        chunks++;
        String request = fields.path("request_id").asText();
        assertTrue(Set.of(REQUEST, TRACED).contains(request), line);
        String trace = fields.path("trace_id").asText();
        assertEquals(request.equals(REQUEST), trace.equals(TRACE), line);
        assertEquals(32, trace.length(), line);
        assertTrue(fields.hasNonNull("job_id"), line);
      }
    }
    assertTrue(chunks > 0, "some are about chunks");
  }

  @Test
  void everyTextLineAboutAChunkNamesItsRequest() {
    List<String> about =
        lines("text").stream().filter(line -> line.matches(".* chunk=\\d+ node=.*")).toList();
    assertTrue(about.size() > 3, "some are about chunks");
    String ids =
        ".* (request=%s trace=%s|request=%s trace=[0-9a-f]{32})( .*|$)"
            .formatted(REQUEST, TRACE, TRACED);
    assertEquals(List.of(), about.stream().filter(line -> !line.matches(ids)).toList());
  }
}
