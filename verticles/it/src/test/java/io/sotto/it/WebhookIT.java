package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sotto.node.SottoNode;
import io.sotto.storage.WebhookSecret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Webhooks of real jobs on real stores, to a server of another make. */
class WebhookIT {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String WEBHOOKS = "/api/v1/webhooks";
  private static final ObjectMapper JSON = new ObjectMapper();
  @TempDir private Path data;
  private final BlockingQueue<Got> got = new LinkedBlockingQueue<>();
  private final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();
  private HttpServer receiver;

  private record Got(String id, String timestamp, String signature, byte[] body) {}

  @BeforeEach
  void listen() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext("/", this::handle);
    receiver.start();
  }

  @AfterEach
  void stop() {
    receiver.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    var headers = exchange.getRequestHeaders();
    byte[] body = exchange.getRequestBody().readAllBytes();
    Integer status = statuses.poll();
    exchange.sendResponseHeaders(status == null ? 204 : status, -1);
    exchange.close();
    got.add(
        new Got(
            headers.getFirst("webhook-id"),
            headers.getFirst("webhook-timestamp"),
            headers.getFirst("webhook-signature"),
            body));
  }

  private SottoNode node(String firstWait) throws Exception {
    return Nodes.start(
        data,
        Map.of(
            "webhooks.secret",
            SECRET,
            "webhooks.secret-keys",
            "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "webhooks.allow-http",
            "true",
            "webhooks.allow-private",
            "true",
            "webhooks.ports",
            String.valueOf(receiver.getAddress().getPort()),
            "webhooks.waits",
            firstWait));
  }

  private JsonNode submit(Api api, Map<String, String> fields) throws Exception {
    Map<String, String> form = new HashMap<>(fields);
    form.put("language", "en");
    form.put("webhook_url", "http://127.0.0.1:" + receiver.getAddress().getPort() + "/ended");
    HttpResponse<String> answer = api.upload(Api.JOBS, BodyPublishers.ofFile(Recordings.JFK), form);
    assertEquals(202, answer.statusCode(), answer.body());
    return Api.json(answer);
  }

  /** What came next, its signature checked. */
  private Got next() throws Exception {
    return next(SECRET);
  }

  private Got next(String... secrets) throws Exception {
    Got next = got.poll(60, TimeUnit.SECONDS);
    assertTrue(next != null, "nothing came");
    String signatures =
        WebhookSecret.parseAll(String.join(",", secrets)).stream()
            .map(key -> key.sign(next.id(), Long.parseLong(next.timestamp()), next.body()))
            .collect(Collectors.joining(" "));
    assertEquals(signatures, next.signature());
    return next;
  }

  private static JsonNode delivery(Api api, String job, Predicate<JsonNode> right)
      throws Exception {
    String path = Api.JOBS + "/" + job + "/webhooks";
    JsonNode entry = Api.json(api.get(path)).path("data").path(0);
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30); !right.test(entry); ) {
      assertTrue(System.nanoTime() < end, entry::toString);
      entry = Api.json(api.get(path)).path("data").path(0);
    }
    return entry;
  }

  @Test
  void aJobIsToldOfWithItsTextAndOnceMoreWhenAsked() throws Exception {
    try (SottoNode node = node("1h")) {
      Api api = new Api(node.url());
      String job = submit(api, Map.of()).path("id").asText();
      Got told = next();
      JsonNode event = JSON.readTree(told.body());
      assertEquals("transcription.completed", event.path("type").asText());
      assertEquals(job, event.path("data").path("id").asText());
      String text = event.path("data").path("text").asText();
      assertEquals(Recordings.JFK_WORDS, Recordings.words(text));
      JsonNode log = delivery(api, job, e -> e.path("status").asText().equals("delivered"));
      assertEquals(told.id(), log.path("id").asText());
      assertEquals(204, log.path("tries").path(0).path("status").asInt());

      HttpResponse<String> replayed =
          api.upload(Api.JOBS + "/" + job + "/webhooks/replay", BodyPublishers.noBody(), Map.of());
      assertEquals(202, replayed.statusCode(), replayed.body());
      assertEquals(told.id(), next().id());

      JsonNode equal = submit(api, Map.of("dedupe", "true"));
      assertEquals("completed", equal.path("status").asText());
      assertEquals(job, equal.path("deduplicated_from").asText());
      assertEquals(text, equal.path("text").asText());
      assertEquals(equal.path("id").asText(), JSON.readTree(next().body()).at("/data/id").asText());
      assertARegisteredEndpointIsToldToo(api);
    }
  }

  /** A10: under its own secret, of a job that named no webhook; until it answers 410. */
  private void assertARegisteredEndpointIsToldToo(Api api) throws Exception {
    String url = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/registered";
    JsonNode endpoint = Api.json(api.post(WEBHOOKS, "{\"url\": \"" + url + "\"}"));
    String path = WEBHOOKS + "/endpoints/" + endpoint.path("id").asText();
    String first = endpoint.path("secret").asText();
    assertEquals(202, api.post(path + "/test").statusCode());
    assertEquals("test", JSON.readTree(next(first).body()).path("type").asText());

    String second = Api.json(api.post(path + "/rotate")).path("secret").asText();
    statuses.add(410);
    Map<String, String> equal = Map.of("language", "en", "dedupe", "true");
    HttpResponse<String> answer =
        api.upload(Api.JOBS, BodyPublishers.ofFile(Recordings.JFK), equal);
    String again = Api.json(answer).path("id").asText();
    assertEquals("completed", Api.json(answer).path("status").asText(), answer::body);
    Got told = next(second, first);
    assertEquals(again, JSON.readTree(told.body()).at("/data/id").asText());
    JsonNode log = delivery(api, again, e -> e.path("status").asText().equals("disabled"));
    assertEquals(endpoint.path("id"), log.path("endpoint"));
    assertTrue(Api.json(api.get(path)).path("gone").asBoolean());
  }

  /** J3: tries outlive the process that made them. */
  @Test
  void whatANodeCouldNotDeliverTheNextOneDoes() throws Exception {
    statuses.add(500);
    String job;
    String id;
    try (SottoNode node = node("3s")) {
      Api api = new Api(node.url());
      job = submit(api, Map.of("webhook_format", "callback")).path("id").asText();
      id = next().id();
      delivery(api, job, e -> e.path("tries").size() == 1);
    }
    try (SottoNode node = node("3s")) {
      Got again = next();
      assertEquals(id, again.id());
      JsonNode body = JSON.readTree(again.body());
      assertEquals("completed", body.path("status").asText());
      assertEquals(job, body.path("metadata").path("job_id").asText());
      String text = body.path("transcript_text").asText();
      assertEquals(Recordings.JFK_WORDS, Recordings.words(text));
      delivery(new Api(node.url()), job, e -> e.path("status").asText().equals("delivered"));
    }
  }
}
