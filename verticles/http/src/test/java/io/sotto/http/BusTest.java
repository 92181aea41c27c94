package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.PublicAddresses;
import io.sotto.storage.TenantStore.Admission;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job API on the event bus says what docs/bus.md says, and what HTTP says. */
class BusTest {
  private static final Path DOC = Path.of(System.getProperty("sotto.home"), "docs", "bus.md");
  private static final String EXAMPLE_ID = "0192f000-0000-7000-8000-000000000001";
  private static final Pattern BLOCK = Pattern.compile("```json\n(.*)\n```");
  private static final Pattern TIME = Pattern.compile("\"20\\d\\d-[^\"]+Z\"");
  private static final JsonObject OBJECT = new JsonObject().put("s3_object", "inbox/talk.wav");
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  @TempDir private Path folder;

  @BeforeEach
  void store() {
    await(audio.put(new AudioKey("inbox/talk.wav"), new byte[700]));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private Client serve(boolean forApplications, @Nullable Path keys, Admission admission) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofMillis(300), "base")
            .withSources(new Sources(null, Duration.ofSeconds(5), 2, "sotto", "inbox/"))
            .with(keys, admission);
    HttpVerticle http =
        new HttpVerticle(options, jobs, audio, ClusterBus.open(vertx, forApplications));
    await(vertx.deployVerticle(http));
    return new Client(vertx, http.port());
  }

  private Client serve() {
    return serve(true, null, Admission.UNLIMITED);
  }

  private Message<JsonObject> ask(String address, Object body, String... headers) {
    DeliveryOptions options = new DeliveryOptions();
    for (int i = 0; i < headers.length; i += 2) {
      options.addHeader(headers[i], headers[i + 1]);
    }
    return await(vertx.eventBus().<JsonObject>request(address, body, options));
  }

  private JsonObject refused(int status, String address, Object body, String... headers) {
    ReplyException refused =
        assertThrows(ReplyException.class, () -> ask(address, body, headers), address);
    assertEquals(ReplyFailure.RECIPIENT_FAILURE, refused.failureType(), refused::getMessage);
    JsonObject told = new JsonObject(refused.getMessage());
    assertEquals(status, refused.failureCode(), told::encode);
    return told;
  }

  private String code(int status, String address, Object body, String... headers) {
    return refused(status, address, body, headers).getJsonObject("error").getString("code");
  }

  private static JsonObject id(String id) {
    return new JsonObject().put("id", id);
  }

  private static String masked(JsonObject reply) {
    return TIME.matcher(reply.encode().replace(reply.getString("id", "-"), EXAMPLE_ID))
        .replaceAll("\"2026-11-25T03:00:00Z\"");
  }

  /** The blocks of the page in their order: requests are sent, answers are compared. */
  @Test
  void thePageIsTrueByteByByte() throws IOException {
    List<String> page =
        BLOCK.matcher(Files.readString(DOC)).results().map(found -> found.group(1)).toList();
    assertEquals(8, page.size(), "blocks of JSON on the page");
    serve();
    Message<JsonObject> made = ask(PublicAddresses.SUBMIT, new JsonObject(page.get(0)));
    assertEquals("202", made.headers().get("status"));
    assertEquals(page.get(1), masked(made.body()));
    String id = made.body().getString("id");
    assertTrue(FakeCluster.answer(jobs, " Ask not.", 1));
    JsonObject asked = new JsonObject(page.get(2).replace(EXAMPLE_ID, id));
    assertEquals(page.get(3), masked(ask(PublicAddresses.STATUS, asked).body()));

    String second = ask(PublicAddresses.SUBMIT, new JsonObject(page.get(0))).body().getString("id");
    JsonObject cancel = new JsonObject(page.get(4).replace(EXAMPLE_ID, second));
    assertEquals("cancelled", ask(PublicAddresses.CANCEL, cancel).body().getString("status"));
    assertEquals("already_ended", code(409, PublicAddresses.CANCEL, cancel));
    JsonObject unknown = refused(404, PublicAddresses.STATUS, new JsonObject(page.get(4)));
    assertEquals(page.get(5), unknown.encode());
  }

  @Test
  void aJobOfTheBusIsOneOfHttpAndTheOtherWayRound() {
    Client client = serve();
    String id = ask(PublicAddresses.SUBMIT, OBJECT).body().getString("id");
    JsonObject overHttp = client.get(Client.JOBS + "/" + id, null).body();
    assertEquals(overHttp, ask(PublicAddresses.STATUS, id(id)).body());
    assertTrue(audio.keys().contains("uploads/" + id));
    String uploaded = client.upload(null).id();
    assertEquals("cancelled", ask(PublicAddresses.CANCEL, id(uploaded)).body().getString("status"));
    assertEquals(
        "cancelled", client.get(Client.JOBS + "/" + uploaded, null).body().getString("status"));
  }

  @Test
  void anIdempotencyKeyMeetsItsJob() {
    serve();
    Message<JsonObject> first = ask(PublicAddresses.SUBMIT, OBJECT, "Idempotency-Key", "k");
    Message<JsonObject> again = ask(PublicAddresses.SUBMIT, OBJECT, "idempotency-key", "k");
    assertEquals("200", again.headers().get("status"));
    assertEquals(first.body().getString("id"), again.body().getString("id"));
    JsonObject other = OBJECT.copy().put("language", "fr");
    assertEquals(
        "idempotency_key_reused", code(422, PublicAddresses.SUBMIT, other, "Idempotency-Key", "k"));
    assertEquals("bad_request", code(400, PublicAddresses.SUBMIT, OBJECT, "Idempotency-Key", " "));
  }

  @Test
  void mistakesAreToldAsByHttp() {
    serve();
    assertEquals("bad_request", code(400, PublicAddresses.SUBMIT, new JsonObject()));
    assertEquals("bad_request", code(400, PublicAddresses.SUBMIT, "text"));
    assertEquals("bad_request", code(400, PublicAddresses.SUBMIT, Buffer.buffer("audio")));
    assertEquals("bad_request", code(400, PublicAddresses.STATUS, new JsonObject()));
    assertEquals("job_not_found", code(404, PublicAddresses.CANCEL, id("x")));
    JsonObject object = OBJECT.copy();
    assertEquals(
        "unsupported_language", code(400, PublicAddresses.SUBMIT, object.put("language", "zz")));
    assertEquals("bad_request", code(400, PublicAddresses.SUBMIT, OBJECT.copy().put("sync", true)));
    assertEquals(
        "bad_request",
        code(400, PublicAddresses.SUBMIT, new JsonObject().put("url", new JsonObject())));
    assertEquals(
        "url_refused",
        code(400, PublicAddresses.SUBMIT, new JsonObject().put("url", "http://a/b")));
    assertEquals(
        "s3_object_not_found",
        code(404, PublicAddresses.SUBMIT, new JsonObject().put("s3_object", "inbox/none")));
    assertEquals(
        "too_large",
        code(413, PublicAddresses.SUBMIT, new JsonObject().put("prompt", "x".repeat(70_000))));
    assertEquals(List.of("inbox/talk.wav"), audio.keys(), "nothing is left behind");
  }

  @Test
  void aCallerIsTheTenantOfItsKey() throws IOException {
    ApiKey ann = ApiKey.create();
    ApiKey bob = ApiKey.create();
    Path keys = folder.resolve("keys");
    Files.writeString(keys, ann.line(7, "ann") + "\n" + bob.line(8, "bob"));
    serve(true, keys, new Admission(1, 5));
    String anns = "Bearer " + ann.text();
    String bobs = "Bearer " + bob.text();
    assertEquals("invalid_api_key", code(401, PublicAddresses.SUBMIT, OBJECT));
    assertEquals(
        "invalid_api_key",
        code(401, PublicAddresses.STATUS, id(EXAMPLE_ID), "Authorization", "Bearer x"));
    JsonObject job = ask(PublicAddresses.SUBMIT, OBJECT, "Authorization", anns).body();
    JsonObject id = id(job.getString("id"));
    assertEquals("job_not_found", code(404, PublicAddresses.STATUS, id, "Authorization", bobs));
    assertEquals("job_not_found", code(404, PublicAddresses.CANCEL, id, "Authorization", bobs));
    JsonObject full = refused(429, PublicAddresses.SUBMIT, OBJECT, "Authorization", anns);
    assertTrue(full.getInteger("retry_after_seconds") >= 1, full::encode);
    assertTrue(full.getBoolean("should_retry"), full::encode);
    assertEquals(
        "accepted",
        ask(PublicAddresses.STATUS, id, "Authorization", anns).body().getString("status"));
  }

  @Test
  void whatHttpDoesIsHeardOnTheBus() throws InterruptedException {
    BlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();
    await(
        vertx
            .eventBus()
            .<JsonObject>consumer(PublicAddresses.CHANGED, message -> heard.add(message.body()))
            .completion());
    Client client = serve();
    String id = client.upload(null).id();
    ask(PublicAddresses.CANCEL, id(id));
    for (String status : List.of("accepted", "cancelled")) {
      JsonObject event = heard.poll(20, TimeUnit.SECONDS);
      assertEquals(id, event.getString("id"));
      assertEquals(status, event.getString("status"));
      assertEquals(1, event.getInteger("tenant"));
    }
  }

  @Test
  void nobodyAnswersWhereApplicationsMayNot() {
    serve(false, null, Admission.UNLIMITED);
    ReplyException nobody =
        assertThrows(ReplyException.class, () -> ask(PublicAddresses.SUBMIT, OBJECT));
    assertEquals(ReplyFailure.NO_HANDLERS, nobody.failureType());
  }
}
