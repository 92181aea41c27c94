package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Client.Answer;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.storage.WebhookSecret;
import io.sotto.storage.WebhookStore.Busy;
import io.sotto.storage.WebhookStore.Delivery;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A10: receivers that tenants register for all their jobs, as clients meet them. */
class EndpointRoutesTest {
  private static final String WEBHOOKS = "/api/v1/webhooks";
  private static final String ENDPOINTS = WEBHOOKS + "/endpoints";
  private static final String URL = "https://hooks.example.com/a";
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final int MAX = 3;
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final NodeId node = NodeId.create();
  private final ApiKey ann = ApiKey.create();
  private final ApiKey bob = ApiKey.create();
  @TempDir private Path folder;
  private Client client;

  @BeforeEach
  void start() throws IOException {
    Path keys = folder.resolve("keys");
    Files.writeString(keys, ann.line(7, "ann") + "\n" + bob.line(8, "bob"));
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofSeconds(10), "base")
            .withWebhooks(UrlGuard.Policy.STRICT, false, MAX)
            .with(keys, Admission.UNLIMITED);
    HttpVerticle http =
        new HttpVerticle(options, jobs, new FakeAudioStore(), ClusterBus.open(vertx));
    await(vertx.deployVerticle(http));
    client = new Client(vertx, http.port());
    await(jobs.register(node, "scheduler", "test", Duration.ofMinutes(5)));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private Answer create(JsonObject body, String... headers) {
    return client.json(HttpMethod.POST, WEBHOOKS, ann, body, headers);
  }

  private static JsonObject url() {
    return new JsonObject().put("url", URL);
  }

  private Answer post(String path) {
    return client.post(path, ann, Buffer.buffer());
  }

  private Delivery delivery() {
    List<Delivery> due = await(jobs.webhooks().claim(node, 10, Busy.NOBODY, Duration.ofMinutes(1)));
    assertEquals(1, due.size(), due::toString);
    return due.getFirst();
  }

  private String cancelled() {
    String id = client.upload(ann).id();
    assertEquals(200, post(Client.JOBS + "/" + id + "/cancel").status());
    return id;
  }

  @Test
  void theGuidesCallRegistersAReceiver() {
    JsonArray events = new JsonArray(List.of("transcription.failed", "transcription.completed"));
    Answer made = create(url().put("events", events).put("secret", SECRET));
    assertEquals(201, made.status());
    assertEquals(ENDPOINTS + "/" + made.id(), made.header("Location"));
    assertEquals(URL, made.body().getString("url"));
    assertEquals(SECRET, made.body().getString("secret"));
    assertEquals(
        List.of("transcription.completed", "transcription.failed"),
        made.body().getJsonArray("events").getList());
    assertTrue(made.body().getBoolean("enabled"));
    String one = ENDPOINTS + "/" + made.id();
    for (JsonObject shown :
        List.of(
            client.get(one, ann).body(),
            client.get(ENDPOINTS, ann).body().getJsonArray("data").getJsonObject(0))) {
      assertNull(shown.getValue("secret"));
      assertEquals(made.id(), shown.getString("id"));
    }
  }

  @Test
  void aSecretIsMadeWhereNoneIsGiven() {
    JsonObject made = create(url()).body();
    assertEquals(1, WebhookSecret.parseAll(made.getString("secret")).size());
    assertEquals(
        List.of("transcription.completed", "transcription.failed"),
        made.getJsonArray("events").getList());
    assertNotEquals(made.getString("secret"), create(url()).body().getString("secret"));
  }

  @Test
  void anothersEndpointIsNone() {
    String one = ENDPOINTS + "/" + create(url()).id();
    assertEquals(List.of(), client.get(ENDPOINTS, bob).ids());
    for (String path : List.of(one, one + "/deliveries")) {
      assertEquals(200, client.get(path, ann).status(), path);
      assertEquals(404, client.get(path, bob).status(), path);
    }
    for (String path : List.of(one + "/rotate", one + "/test")) {
      assertEquals(404, client.post(path, bob, Buffer.buffer()).status(), path);
    }
    JsonObject off = new JsonObject().put("enabled", false);
    assertEquals(404, client.json(HttpMethod.PATCH, one, bob, off).status());
    Answer refused = client.delete(one, bob);
    assertEquals(404, refused.status());
    assertEquals("not_found", refused.error().getString("code"));
    assertTrue(client.get(one, ann).body().getBoolean("enabled"));
    assertEquals(401, client.get(one, null).status());
    for (String id : List.of("none", new UUID(1, 2).toString(), "1-1-1-1-1")) {
      assertEquals(404, client.get(ENDPOINTS + "/" + id, ann).status(), id);
    }
  }

  @Test
  void aTenantHasOnlySoMany() {
    for (int i = 0; i < MAX; i++) {
      assertEquals(201, create(url()).status());
    }
    Answer refused = create(url());
    assertEquals(409, refused.status());
    assertEquals("too_many_endpoints", refused.error().getString("code"));
    assertEquals(201, client.json(HttpMethod.POST, WEBHOOKS, bob, url()).status());
    String first = client.get(ENDPOINTS, ann).ids().getFirst();
    assertTrue(client.delete(ENDPOINTS + "/" + first, ann).body().getBoolean("deleted"));
    assertEquals(404, client.get(ENDPOINTS + "/" + first, ann).status());
    assertEquals(201, create(url()).status());
  }

  @Test
  void aKeyMakesOneEndpoint() {
    Answer first = create(url(), "Idempotency-Key", "k");
    Answer again = create(url(), "Idempotency-Key", "k");
    assertEquals(200, again.status());
    assertEquals(first.id(), again.id());
    assertNull(again.body().getValue("secret"), "shown once");
    for (JsonObject other :
        List.of(
            url().put("secret", SECRET),
            new JsonObject().put("url", URL + "b"),
            url().put("events", "transcription.cancelled"))) {
      Answer refused = create(other, "Idempotency-Key", "k");
      assertEquals(422, refused.status(), other::encode);
      assertEquals("idempotency_key_reused", refused.error().getString("code"));
    }
    Answer bobs = client.json(HttpMethod.POST, WEBHOOKS, bob, url(), "Idempotency-Key", "k");
    assertEquals(201, bobs.status());
    assertEquals(400, create(url(), "Idempotency-Key", "k".repeat(256)).status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {} | url
          {"url": "http://hooks.example.com/"} | url
          {"url": "https://10.0.0.1/"} | url
          {"url": "https://hooks.example.com:8443/"} | url
          {"url": "https://hooks.example.com/", "events": ["job.done"]} | events
          {"url": "https://hooks.example.com/", "events": ["transcription.completed", 7]} | events
          {"url": "https://hooks.example.com/", "secret": "hunter2"} | secret
          {"url": {"a": 1}} | url
          """)
  void whatIsNoEndpointIsRefusedByName(String body, String field) {
    Answer refused = create(new JsonObject(body));
    assertEquals(400, refused.status());
    assertEquals(field, refused.error().getString("param"));
    assertFalse(refused.body().encode().contains("hunter2"));
  }

  @Test
  void whatIsNotJsonIsRefused() {
    assertEquals(415, client.post(WEBHOOKS, ann, Buffer.buffer("url=x")).status());
    Answer list = client.json(HttpMethod.POST, WEBHOOKS, ann, new JsonArray().add(1));
    assertEquals(400, list.status());
    String two = SECRET + "," + SECRET;
    assertEquals(400, create(url().put("secret", two)).status(), "one secret");
    String longUrl = URL + "a".repeat(2_000);
    assertEquals(400, create(new JsonObject().put("url", longUrl)).status());
    assertEquals(413, create(url().put("x", "a".repeat(70_000))).status());
  }

  @Test
  void whatIsChangedHoldsFromThenOn() {
    String one = ENDPOINTS + "/" + create(url()).id();
    cancelled();
    JsonObject events =
        new JsonObject().put("events", new JsonArray().add("transcription.cancelled"));
    Answer changed = client.json(HttpMethod.PATCH, one, ann, events);
    assertEquals(
        List.of("transcription.cancelled"), changed.body().getJsonArray("events").getList());
    String job = cancelled();
    JsonObject entry =
        client.get(one + "/deliveries", ann).body().getJsonArray("data").getJsonObject(0);
    assertEquals(job, entry.getString("job"));
    JsonObject off = new JsonObject().put("enabled", false).put("url", URL + "b");
    assertEquals(URL + "b", client.json(HttpMethod.PATCH, one, ann, off).body().getString("url"));
    assertEquals("endpoint_disabled", post(one + "/test").error().getString("code"));
    cancelled();
    assertEquals(1, client.get(one + "/deliveries", ann).ids().size());
    for (JsonObject wrong :
        List.of(
            new JsonObject().put("enabled", "maybe"),
            new JsonObject().put("secret", SECRET),
            new JsonObject().put("url", "http://x.example/"))) {
      assertEquals(400, client.json(HttpMethod.PATCH, one, ann, wrong).status(), wrong::encode);
    }
  }

  @Test
  void aRotatedSecretSignsBesideTheOneBefore() {
    Answer made = create(url().put("secret", SECRET));
    Answer rotated = post(ENDPOINTS + "/" + made.id() + "/rotate");
    String newer = rotated.body().getString("secret");
    assertNotEquals(SECRET, newer);
    assertTrue(rotated.body().getString("old_secret_until").endsWith("Z"));
    assertEquals(202, post(ENDPOINTS + "/" + made.id() + "/test").status());
    assertEquals(newer + "," + SECRET, delivery().webhook().secret());
  }

  @Test
  void theLogsNameTheEndpoint() {
    JsonArray events = new JsonArray().add("transcription.cancelled");
    String id = create(url().put("events", events)).id();
    String job = cancelled();
    assertEquals(id, entry(Client.JOBS + "/" + job + "/webhooks").getString("endpoint"));
    JsonObject listed = entry(WEBHOOKS);
    assertEquals(id, listed.getString("endpoint"));
    assertEquals(job, listed.getString("job"));
    String replay = WEBHOOKS + "/" + listed.getString("id") + "/replay";
    assertEquals(202, post(replay).status());
    assertEquals(202, post(Client.JOBS + "/" + job + "/webhooks/replay").status());
    assertEquals(404, client.post(replay, bob, Buffer.buffer()).status());
    assertEquals(URL, delivery().webhook().url());
  }

  private JsonObject entry(String path) {
    return client.get(path, ann).body().getJsonArray("data").getJsonObject(0);
  }

  @Test
  void aTestIsOnItsWay() {
    String one = ENDPOINTS + "/" + create(url()).id();
    Answer sent = post(one + "/test");
    assertEquals(202, sent.status());
    assertEquals("test", sent.body().getString("event"));
    assertEquals("pending", sent.body().getString("status"));
    assertEquals(sent.id(), post(one + "/test").id(), "one at a time");
    assertEquals(sent.id(), delivery().id());
    assertNull(entry(WEBHOOKS).getString("job"));
  }
}
