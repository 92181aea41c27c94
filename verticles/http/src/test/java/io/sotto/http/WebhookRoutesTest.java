package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Webhooks, idempotency keys and deduplication as clients meet them, on fake stores. */
class WebhookRoutesTest {
  private static final String JOBS = "/api/v1/transcriptions";
  private static final String OPENAI = "/v1/audio/transcriptions";
  private static final String BOUNDARY = "frontier";
  private static final String URL = "https://hooks.example.com/a";
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final Duration LONG = Duration.ofMinutes(5);
  private final Vertx vertx = Vertx.vertx();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  private final HttpClient client = vertx.createHttpClient();
  private final NodeId node = NodeId.create();
  private HttpVerticle http;

  @BeforeEach
  void start() {
    http = serve(false);
    await(jobs.register(node, "scheduler", "test", LONG));
  }

  private HttpVerticle serve(boolean signed) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofSeconds(10), "base")
            .withWebhooks(UrlGuard.Policy.STRICT, signed);
    HttpVerticle verticle = new HttpVerticle(options, jobs, audio, bus);
    await(vertx.deployVerticle(verticle));
    return verticle;
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private record Answer(int status, JsonObject body) {
    String id() {
      return body.getString("id");
    }

    JsonObject error() {
      return body.getJsonObject("error");
    }
  }

  private Future<Answer> call(HttpMethod method, String path, Buffer body, String... headers) {
    return client
        .request(method, http.port(), "127.0.0.1", path)
        .compose(
            request -> {
              request.putHeader("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
              for (int i = 0; i < headers.length; i += 2) {
                request.putHeader(headers[i], headers[i + 1]);
              }
              return request
                  .send(body)
                  .compose(
                      response ->
                          response
                              .body()
                              .map(b -> new Answer(response.statusCode(), b.toJsonObject())));
            });
  }

  private Answer submit(String... fields) {
    return await(call(HttpMethod.POST, JOBS, form(fields)));
  }

  private Answer keyed(String path, String key, String... fields) {
    return await(call(HttpMethod.POST, path, form(fields), "Idempotency-Key", key));
  }

  private Answer get(String path) {
    return await(call(HttpMethod.GET, path, Buffer.buffer()));
  }

  private Answer replay(String id) {
    String path = JOBS + "/" + id + "/webhooks/replay";
    return await(call(HttpMethod.POST, path, Buffer.buffer()));
  }

  private static Buffer form(String... fields) {
    Buffer form =
        Buffer.buffer(
            "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n"
                .formatted(BOUNDARY));
    for (int i = 0; i < fields.length; i += 2) {
      form.appendString(
          "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
              .formatted(BOUNDARY, fields[i], fields[i + 1]));
    }
    // the first of a name counts: what a test says itself
    return form.appendString(
        "--%s\r\nContent-Disposition: form-data; name=\"sync\"\r\n\r\nfalse\r\n--%s--\r\n"
            .formatted(BOUNDARY, BOUNDARY));
  }

  /** What ingest nodes, workers and schedulers do: the job says " Hello". */
  private void complete(String id) {
    JobId job = JobId.parse(id).orElseThrow();
    int attempt =
        await(jobs.claimPreparations(node, 100, LONG)).stream()
            .filter(p -> p.job().equals(job))
            .map(Preparation::attempt)
            .findFirst()
            .orElseThrow();
    AudioKey key = AudioKey.chunk(new ChunkId(job, 0));
    PreparedChunk chunk = new PreparedChunk(0, new Span(0, 1000), key, "ab", 9);
    ChunksPrepared.End end = new ChunksPrepared.End(1, 1000);
    await(
        jobs.recordChunks(new ChunksPrepared(job, attempt, node, List.of(chunk), 1000, end), LONG));
    Lease lease = await(jobs.claimChunks(node, node, List.of("base"), 1, LONG)).getFirst();
    Segment segment = new Segment(0, 1, " Hello", List.of(), 0, -0.1, 1, 0, List.of());
    ChunkTranscript.StageTimes times = new ChunkTranscript.StageTimes(1, 1, 1, 1, 1);
    ChunkTranscript said = new ChunkTranscript("en", 1, List.of(segment), "digest", times);
    await(jobs.commit(new ChunkTranscribed(lease.chunk(), lease.attempt(), node, said)));
  }

  @ParameterizedTest
  @CsvSource({
    "http://hooks.example.com/a, https://",
    "https://127.0.0.1/a, loopback",
    "https://user@hooks.example.com/, user name",
    "https://hooks.example.com:8443/, port 8443",
    "https://localhost/, inner network",
    "https://2130706433/, host",
    "nonsense, https://"
  })
  void aUrlThatIsNotConnectedToIsRefusedAtOnce(String url, String cause) {
    Answer answer = submit("webhook_url", url, "webhook_secret", SECRET);
    assertEquals(400, answer.status);
    assertEquals("webhook_url", answer.error().getString("param"));
    assertTrue(answer.error().getString("message").contains(cause), answer.body::encode);
    until(() -> Future.succeededFuture(audio.keys()), List::isEmpty);
  }

  @Test
  void fieldsThatMeanNothingAreRefused() {
    for (String[] fields :
        new String[][] {
          {"webhook_secret", SECRET},
          {"webhook_format", "standard"},
          {"webhook_url", URL, "webhook_format", "xml"},
          {"webhook_url", URL, "webhook_secret", "hunter2"},
          {"webhook_url", URL},
          {"dedupe", "perhaps"}
        }) {
      Answer answer = submit(fields);
      assertEquals(400, answer.status, () -> String.join(" ", fields));
      assertTrue(!answer.body.encode().contains("hunter2"), "secrets are not repeated");
    }
  }

  @Test
  void aSecretIsTheRequestsOrTheOperators() {
    assertEquals(202, submit("webhook_url", URL, "webhook_secret", SECRET).status);
    assertEquals(202, submit("webhook_url", URL, "webhook_format", "callback").status);
    http = serve(true);
    assertEquals(202, submit("webhook_url", URL).status);
  }

  /** A10. */
  @Test
  void allWebhooksAreListedTheLatestFirstAndSentAgainByTheirId() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ids.addFirst(submit("webhook_url", URL, "webhook_secret", SECRET).id());
      await(call(HttpMethod.POST, JOBS + "/" + ids.getFirst() + "/cancel", Buffer.buffer()));
    }
    List<JsonObject> all = listed("");
    assertEquals(ids, all.stream().map(one -> one.getString("job")).toList());
    assertEquals("transcription.cancelled", all.getFirst().getString("event"));
    assertEquals(2, listed("?limit=2").size());
    assertEquals(3, listed("?status=pending").size());
    assertEquals(0, listed("?status=delivered").size());
    assertTrue(all.stream().noneMatch(one -> one.encode().contains("hooks.example.com")));
    String replay = "/api/v1/webhooks/" + all.getLast().getString("id") + "/replay";
    Answer again = await(call(HttpMethod.POST, replay, Buffer.buffer()));
    assertEquals(202, again.status);
    JsonObject entry = again.body.getJsonArray("data").getJsonObject(0);
    assertEquals(all.getLast().getString("id"), entry.getString("id"));
    String none = "/api/v1/webhooks/msg_none/replay";
    assertEquals(404, await(call(HttpMethod.POST, none, Buffer.buffer())).status);
  }

  private List<JsonObject> listed(String query) {
    Answer answer = get("/api/v1/webhooks" + query);
    assertEquals(200, answer.status, answer.body::encode);
    return answer.body.getJsonArray("data").stream().map(JsonObject.class::cast).toList();
  }

  @ParameterizedTest
  @CsvSource({"status=sent, status", "limit=0, limit", "limit=101, limit", "limit=ten, limit"})
  void aListThatCannotBeIsRefusedByName(String query, String param) {
    Answer answer = get("/api/v1/webhooks?" + query);
    assertEquals(400, answer.status);
    assertEquals(param, answer.error().getString("param"));
  }

  @Test
  void theLogTellsWhatBecameOfAWebhook() {
    String id = submit("webhook_url", URL, "webhook_secret", SECRET).id();
    assertEquals(List.of(), get(JOBS + "/" + id + "/webhooks").body.getJsonArray("data").getList());
    assertEquals("not_ready", replay(id).error().getString("code"));
    await(call(HttpMethod.POST, JOBS + "/" + id + "/cancel", Buffer.buffer()));
    JsonObject entry =
        get(JOBS + "/" + id + "/webhooks").body.getJsonArray("data").getJsonObject(0);
    assertEquals("transcription.cancelled", entry.getString("event"));
    assertEquals("pending", entry.getString("status"));
    assertEquals(0, entry.getJsonArray("tries").size());
    Answer again = replay(id);
    assertEquals(202, again.status);
    assertEquals(
        entry.getString("id"), again.body.getJsonArray("data").getJsonObject(0).getString("id"));
    String quiet = submit().id();
    await(call(HttpMethod.POST, JOBS + "/" + quiet + "/cancel", Buffer.buffer()));
    assertEquals("no_webhook", replay(quiet).error().getString("code"));
    String unknown = JobId.create(0).toString();
    assertEquals(404, get(JOBS + "/" + unknown + "/webhooks").status);
    assertEquals(404, replay(unknown).status);
  }

  @Test
  void everythingThatMakesARequestIsHeldAgainstItsKey() {
    String[] fields = {"webhook_url", URL, "webhook_secret", SECRET, "language", "en"};
    Answer first = keyed(JOBS, "k", fields);
    assertEquals(202, first.status);
    Answer same = keyed(JOBS, "k", fields);
    assertEquals(200, same.status);
    assertEquals(first.id(), same.id());
    for (String[] other :
        new String[][] {
          {"language", "en"},
          {"webhook_url", URL + "b", "webhook_secret", SECRET, "language", "en"},
          {"webhook_url", URL, "webhook_secret", SECRET + "," + SECRET, "language", "en"},
          {"webhook_url", URL, "webhook_secret", SECRET, "language", "en", "dedupe", "true"},
          {"webhook_url", URL, "webhook_secret", SECRET, "language", "de"},
          {"webhook_url", URL, "webhook_secret", SECRET, "language", "en", "beam_size", "2"},
          {
            "webhook_url",
            URL,
            "webhook_secret",
            SECRET,
            "language",
            "en",
            "webhook_format",
            "callback"
          }
        }) {
      assertEquals(422, keyed(JOBS, "k", other).status, () -> String.join(" ", other));
    }
    until(() -> Future.succeededFuture(audio.keys()), keys -> keys.size() == 1);
  }

  @Test
  void oneKeyIsOneJobOnBothRoutes() {
    String id = keyed(JOBS, "k", "language", "en").id();
    Future<Answer> waiting =
        call(HttpMethod.POST, OPENAI, form("language", "en"), "Idempotency-Key", "k");
    complete(id);
    assertEquals("Hello", await(waiting).body.getString("text"));
    assertEquals("Hello", keyed(OPENAI, "k", "language", "en").body.getString("text"));
    Answer shown = keyed(JOBS, "k", "language", "en");
    assertEquals(200, shown.status);
    assertEquals("Hello", shown.body.getString("text"));
    assertEquals(422, keyed(OPENAI, "k", "language", "de").status);
  }

  @Test
  void requestsOfOneKeyThatRaceAreOneJob() {
    List<Future<Answer>> racing = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      racing.add(call(HttpMethod.POST, JOBS, form(), "Idempotency-Key", "k"));
    }
    List<Answer> all = racing.stream().map(f -> await(f)).toList();
    assertEquals(1, all.stream().map(Answer::id).distinct().count());
    assertEquals(1, all.stream().filter(answer -> answer.status == 202).count());
    assertEquals(11, all.stream().filter(answer -> answer.status == 200).count());
    until(() -> Future.succeededFuture(audio.keys()), keys -> keys.size() == 1);
  }

  /** Who hangs up wants no answer; who has a key may come again for it. */
  @Test
  void aLostConnectionCancelsNoJobThatHasAKey() {
    JobId kept = sentAndGone("Idempotency-Key: k\r\n");
    JobId unwanted = sentAndGone("");
    until(() -> jobs.find(1, unwanted), job -> job.orElseThrow().state() == JobState.CANCELLED);
    assertEquals(JobState.ACCEPTED, await(jobs.find(1, kept)).orElseThrow().state());
    assertEquals(kept.toString(), keyed(JOBS, "k").id());
  }

  private JobId sentAndGone(String header) {
    int before = audio.keys().size();
    NetSocket socket = await(vertx.createNetClient().connect(http.port(), "127.0.0.1"));
    Buffer body = form();
    await(
        socket.write(
            Buffer.buffer(
                    "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n"
                        .formatted(OPENAI, header, BOUNDARY, body.length()))
                .appendBuffer(body)));
    List<String> keys =
        until(() -> Future.succeededFuture(audio.keys()), all -> all.size() > before);
    JobId job = JobId.parse(keys.getLast().replaceFirst(".*/", "")).orElseThrow();
    until(() -> jobs.find(1, job), found -> found.isPresent());
    await(socket.close());
    return job;
  }

  @Test
  void anEqualRecordingIsAnsweredAtOnceWhenAsked() {
    String first = submit("language", "en").id();
    complete(first);
    Answer again = submit("language", "en", "dedupe", "true");
    assertEquals(202, again.status);
    assertNotEquals(first, again.id());
    assertEquals("completed", again.body.getString("status"));
    assertEquals(first, again.body.getString("deduplicated_from"));
    assertEquals("Hello", again.body.getString("text"));
    Answer openAi = await(call(HttpMethod.POST, OPENAI, form("language", "en", "dedupe", "true")));
    assertEquals("Hello", openAi.body.getString("text"));
    Answer other = submit("language", "de", "dedupe", "true");
    assertEquals("accepted", other.body.getString("status"));
    Answer unasked = submit("language", "en");
    assertEquals("accepted", unasked.body.getString("status"));
    assertNull(unasked.body.getString("deduplicated_from"));
  }
}
