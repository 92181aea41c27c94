package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Client.Answer;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.StoredAudio;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Recordings that requests name: what is fetched, what is refused, and that nothing is left. */
class RemoteAudioTest {
  private static final int BYTES_MAX = 100_000;
  private static final String BOUNDARY = "frontier";
  private final Vertx vertx = Vertx.vertx();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final Promise<Void> reached = Promise.promise();
  private final Promise<Void> brokenOff = Promise.promise();
  private HttpServer outside;
  private Client client;
  private String base;

  @BeforeEach
  void start() {
    outside = await(vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1"));
    base = "http://127.0.0.1:" + outside.actualPort();
    client = serve(open(Duration.ofSeconds(10)));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private Sources open(Duration timeout) {
    UrlGuard.Policy any = new UrlGuard.Policy(true, true, Set.of(outside.actualPort()));
    return new Sources(any, timeout, 2, "sotto", "inbox/{tenant}/");
  }

  private Client serve(Sources sources) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, BYTES_MAX, Duration.ofMillis(300), "base")
            .withSources(sources);
    HttpVerticle http = new HttpVerticle(options, jobs, audio, bus);
    await(vertx.deployVerticle(http));
    return new Client(vertx, http.port());
  }

  /** The server outside. */
  private void answer(HttpServerRequest request) {
    asked.add(request.getHeader("Host") + request.uri());
    HttpServerResponse response = request.response();
    switch (request.path()) {
      case "/talk.mp3" -> response.setChunked(true).end(Buffer.buffer(new byte[5000]));
      case "/empty" -> response.end();
      case "/declared" -> response.putHeader("Content-Length", "999999999").write("a");
      case "/endless" -> endless(response.setChunked(true));
      case "/silent" -> {
        response.closeHandler(hungUp -> brokenOff.tryComplete());
        response.setChunked(true).write("a").onSuccess(begun -> reached.tryComplete());
      }
      case "/cut" ->
          response
              .putHeader("Content-Length", "10")
              .write("a")
              .onComplete(w -> request.connection().close());
      case "/moved" -> redirect(response, "/talk.mp3?x=1");
      case "/loop" -> redirect(response, "/loop");
      case "/inside" -> redirect(response, "http://127.0.0.1:1/latest/meta-data");
      case "/file" -> redirect(response, "file:///etc/passwd");
      default -> response.setStatusCode(404).end();
    }
  }

  private static void redirect(HttpServerResponse response, String to) {
    response.setStatusCode(302).putHeader("Location", to).end();
  }

  private static void endless(HttpServerResponse response) {
    response.write(Buffer.buffer(new byte[10_000])).onSuccess(sent -> endless(response));
  }

  private Answer submit(String path) {
    return client.json(Client.JOBS, Map.of("url", base + path));
  }

  @Test
  void aUrlIsAsGoodAsAFile() {
    Answer answer =
        client.json(
            Client.JOBS,
            new JsonObject()
                .put("url", base + "/talk.mp3?token=secret")
                .put("language", "de")
                .put("beam_size", 2)
                .put("sync", false)
                .put("languages", List.of("de", "en"))
                .putNull("prompt")
                .getMap());
    assertEquals(202, answer.status(), answer.body()::encode);
    assertEquals("talk.mp3", answer.body().getString("file_name"), "without what may be secret");
    assertEquals(5000, answer.body().getLong("bytes"));
    assertEquals("de", answer.body().getString("language"));
    assertEquals(List.of("uploads/" + answer.id()), audio.keys());
    Answer form = client.post(Client.JOBS, null, field("url", base + "/moved"));
    assertEquals(202, form.status(), form.body()::encode);
    assertEquals(5000, form.body().getLong("bytes"));
  }

  private static Buffer field(String name, String value) {
    return Buffer.buffer(
        "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n--%s--\r\n"
            .formatted(BOUNDARY, name, value, BOUNDARY));
  }

  @ParameterizedTest
  @CsvSource({
    "/none, 400, url_unreachable",
    "/empty, 400, bad_audio",
    "/declared, 413, too_large",
    "/endless, 413, too_large",
    "/cut, 400, url_unreachable",
    "/loop, 400, url_refused",
    "/inside, 400, url_refused",
    "/file, 400, url_refused"
  })
  void whatCannotBeFetchedIsToldAndLeavesNothing(String path, int status, String code) {
    Answer answer = submit(path);
    assertEquals(status, answer.status(), answer.body()::encode);
    assertEquals(code, answer.error().getString("code"));
    assertEquals(List.of(), audio.keys());
    assertEquals(0, client.get(Client.JOBS, null).ids().size());
  }

  @Test
  void whatComesTooSlowlyIsGivenUp() {
    client = serve(open(Duration.ofMillis(200)));
    Answer answer = submit("/silent");
    assertEquals("url_unreachable", answer.error().getString("code"));
    assertTrue(answer.error().getString("message").contains("http.fetch-timeout"));
    assertEquals(List.of(), audio.keys());
  }

  /** Nobody would ever know of the job, and one fetch of few would go on for nothing. */
  @Test
  void whoHangsUpWhileItIsFetchedGetsNoJob() {
    client = serve(open(Duration.ofMinutes(5)));
    Future<Answer> asking = client.naming(base + "/silent");
    await(reached.future());
    client.hangUp();
    await(brokenOff.future());
    assertThrows(HttpClosedException.class, () -> await(asking));
    assertEquals(List.of(), audio.keys());
    assertEquals(0, client.get(Client.JOBS, null).ids().size());
  }

  @Test
  void onlySoManyAreFetchedAtATime() {
    client = serve(open(Duration.ofSeconds(2)));
    Future<Answer> first = client.naming(base + "/silent");
    Future<Answer> second = client.naming(base + "/silent");
    until(() -> Future.succeededFuture(List.copyOf(asked)), both -> both.size() == 2);
    Answer third = submit("/none");
    assertEquals(503, third.status());
    assertEquals("overloaded", third.error().getString("code"));
    assertEquals(400, await(first).status());
    assertEquals(400, await(second).status());
    assertEquals("url_unreachable", submit("/none").error().getString("code"), "free again");
  }

  @Test
  void publicHostsAreReachedByHttpsAlone() {
    Sources strict = new Sources(UrlGuard.Policy.STRICT, Duration.ofSeconds(5), 2, "", "");
    client = serve(strict);
    for (String url :
        List.of(
            base + "/talk.mp3",
            "https://127.0.0.1/a",
            "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:127.0.0.1]/a",
            "https://2130706433/a",
            "https://0x7f.1/a",
            "https://localhost/a",
            "https://user@speech.example/a",
            "https://speech.example:8443/a",
            "ftp://speech.example/a",
            "file:///etc/passwd",
            "a b")) {
      Answer answer = client.json(Client.JOBS, Map.of("url", url));
      assertEquals(400, answer.status(), url);
      assertEquals("url_refused", answer.error().getString("code"), url);
      assertEquals("url", answer.error().getString("param"));
    }
    client = serve(Sources.NONE);
    assertEquals("url_refused", submit("/talk.mp3").error().getString("code"));
    assertEquals(List.of(), asked);
  }

  /** A name whose second answer leads inside is never asked a second time. */
  @Test
  void aNameIsLookedUpOnceAndTheConnectionGoesThere() throws Exception {
    InetAddress here = InetAddress.getByName("127.0.0.1");
    List<String> lookedUp = new ArrayList<>();
    Download download =
        new Download(
            vertx,
            open(Duration.ofSeconds(5)),
            audio,
            BYTES_MAX,
            host -> {
              lookedUp.add(host);
              return Future.succeededFuture(List.of(here));
            },
            new HttpClientOptions());
    String host = "speech.example:" + outside.actualPort();
    AudioKey key = AudioKey.upload(JobId.create(1));
    assertEquals(5000, fetched(download, "http://" + host + "/talk.mp3", key).bytes());
    assertEquals(List.of("speech.example"), lookedUp);
    assertEquals(List.of(host + "/talk.mp3"), asked);
  }

  @Test
  void oneInnerAddressOfANameIsEnoughToRefuseIt() throws Exception {
    InetAddress outer = InetAddress.getByName("93.184.216.34");
    InetAddress inner = InetAddress.getByName("10.0.0.1");
    Sources strict = new Sources(UrlGuard.Policy.STRICT, Duration.ofSeconds(5), 2, "", "");
    Download download =
        new Download(
            vertx,
            strict,
            audio,
            BYTES_MAX,
            host -> Future.succeededFuture(List.of(outer, inner)),
            new HttpClientOptions());
    AudioKey key = AudioKey.upload(JobId.create(1));
    ApiError refused =
        assertThrows(
            ApiError.class, () -> fetched(download, "https://speech.example/talk.mp3", key));
    assertEquals("url_refused", refused.code());
    assertFalse(String.valueOf(refused.getMessage()).contains("10.0.0.1"));
  }

  private StoredAudio fetched(Download download, String url, AudioKey key) {
    Promise<StoredAudio> done = Promise.promise();
    vertx.runOnContext(
        on -> download.fetch(url, key, Future.failedFuture("it waits")).onComplete(done));
    return await(done.future());
  }

  @Test
  void anObjectOfTheBucketIsCopied() {
    await(audio.put(new AudioKey("inbox/1/talk.wav"), new byte[700]));
    for (String named : List.of("inbox/1/talk.wav", "s3://sotto/inbox/1/talk.wav")) {
      Answer answer = client.json(Client.JOBS, Map.of("s3_object", named));
      assertEquals(202, answer.status(), answer.body()::encode);
      assertEquals(700, answer.body().getLong("bytes"));
      assertEquals("talk.wav", answer.body().getString("file_name"));
      assertTrue(audio.keys().contains("uploads/" + answer.id()));
    }
    assertTrue(audio.keys().contains("inbox/1/talk.wav"), "it stays");
  }

  @ParameterizedTest
  @CsvSource({
    "inbox/1/none, 404, s3_object_not_found",
    "inbox/1/, 400, s3_object_refused",
    "inbox/2/talk.wav, 400, s3_object_refused",
    "inbox/1/../2/talk.wav, 400, s3_object_refused",
    "uploads/talk.wav, 400, s3_object_refused",
    "s3://other/inbox/1/talk.wav, 400, s3_object_refused"
  })
  void objectsOfOthersAreNot(String named, int status, String code) {
    await(audio.put(new AudioKey("inbox/2/talk.wav"), new byte[7]));
    Answer answer = client.json(Client.JOBS, Map.of("s3_object", named));
    assertEquals(status, answer.status(), answer.body()::encode);
    assertEquals(code, answer.error().getString("code"));
    assertEquals("s3_object", answer.error().getString("param"));
    client = serve(Sources.NONE);
    Answer off = client.json(Client.JOBS, Map.of("s3_object", named));
    assertEquals("s3_object_refused", off.error().getString("code"));
    assertEquals(List.of("inbox/2/talk.wav"), audio.keys());
  }

  @Test
  void mistakesAreToldBeforeAnythingIsFetched() {
    for (Object body :
        List.of(
            Map.of("url", base + "/talk.mp3", "language", "klingon"),
            Map.of("url", base + "/talk.mp3", "sync", "perhaps"),
            Map.of("url", base + "/talk.mp3", "dedupe", 1),
            Map.of("url", base + "/talk.mp3", "s3_object", "inbox/1/a"),
            Map.of("url", base + "/talk.mp3", "beam_size", 99),
            Map.of("url", base + "/talk.mp3", "webhook_url", "http://10.0.0.1/"),
            Map.of("url", Map.of("not", "a text")),
            Map.of("language", "en"),
            List.of(1, 2),
            "text")) {
      Answer answer = client.json(Client.JOBS, body);
      assertEquals(400, answer.status(), answer.body()::encode);
    }
    assertEquals(List.of(), asked);
    Answer large = client.json(Client.JOBS, Map.of("url", "x".repeat(70_000)));
    assertEquals(413, large.status());
  }

  @Test
  void aRepeatedKeyIsTheSameUrlWhateverIsThere() {
    String[] key = {"Content-Type", "application/json", "Idempotency-Key", "k"};
    JsonObject named = new JsonObject().put("url", base + "/talk.mp3").put("sync", "false");
    Buffer talk = Buffer.buffer(named.encode());
    Answer first = client.post(Client.JOBS, null, talk, key);
    Answer again = client.post(Client.JOBS, null, talk, key);
    assertEquals(List.of(202, 200), List.of(first.status(), again.status()));
    assertEquals(first.id(), again.id());
    Buffer other = Buffer.buffer(new JsonObject().put("url", base + "/moved").encode());
    assertEquals(422, client.post(Client.JOBS, null, other, key).status());
    assertEquals(1, audio.keys().size());
  }
}
