package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.ClusterBus;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The API on fake stores: nobody transcribes here, so jobs stay accepted. */
class HttpVerticleTest {
  private static final String JOBS = "/api/v1/transcriptions";
  private static final String BOUNDARY = "frontier";
  private static final long UPLOAD_MAX = 100_000;
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  private final HttpClient client = vertx.createHttpClient();
  private HttpVerticle http;

  @BeforeEach
  void start() {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, UPLOAD_MAX, Duration.ofMillis(300), "base");
    http = new HttpVerticle(options, jobs, audio, ClusterBus.open(vertx));
    await(vertx.deployVerticle(http));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private record Answer(int status, JsonObject body, String location) {
    String code() {
      return body.getJsonObject("error").getString("code");
    }
  }

  private Answer post(String path, Buffer form, String... headers) {
    return await(
        client
            .request(HttpMethod.POST, http.port(), "127.0.0.1", path)
            .compose(
                request -> {
                  request.putHeader("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
                  for (int i = 0; i < headers.length; i += 2) {
                    request.putHeader(headers[i], headers[i + 1]);
                  }
                  // composed on the event loop: a body that no one listens to is gone
                  return request.send(form).compose(HttpVerticleTest::answer);
                }));
  }

  private static Future<Answer> answer(HttpClientResponse response) {
    return response
        .body()
        .map(
            body ->
                new Answer(
                    response.statusCode(),
                    body.toJsonObject(),
                    String.valueOf(response.getHeader("Location"))));
  }

  private static Buffer field(String name, String value) {
    return Buffer.buffer(
        "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
            .formatted(BOUNDARY, name, value));
  }

  private static Buffer file(int bytes) {
    return Buffer.buffer(
            "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.mp3\"\r\n\r\n"
                .formatted(BOUNDARY))
        .appendBytes(new byte[bytes])
        .appendString("\r\n");
  }

  private static Buffer form(Buffer... parts) {
    Buffer form = Buffer.buffer();
    for (Buffer part : parts) {
      form.appendBuffer(part);
    }
    // the first of a name counts: what a test says itself
    return form.appendBuffer(field("sync", "false")).appendString("--" + BOUNDARY + "--\r\n");
  }

  @Test
  void aFieldThatIsTooLargeIsToldWithoutTheNameOfAnythingInside() {
    Answer answer = post(JOBS, form(field("prompt", "x".repeat(50_000)), file(100)));
    assertEquals(413, answer.status(), answer.body()::encode);
    assertEquals("too_large", answer.code());
    assertTrue(!answer.body().encode().contains("java"), answer.body()::encode);
  }

  @Test
  void aFormThatBreaksOffInItsFileIsRefusedAndNothingIsLeft() {
    for (Buffer broken : List.of(file(100), file(100).appendString("--" + BOUNDARY.substring(3)))) {
      Answer answer = post(JOBS, broken);
      assertEquals(400, answer.status());
      assertTrue(answer.body().encode().contains("cut off"), answer.body()::encode);
    }
    until(() -> Future.succeededFuture(audio.keys()), keys -> keys.isEmpty());
  }

  @Test
  void fieldsMayStandBeforeOrAfterTheFile() {
    for (Buffer form :
        new Buffer[] {
          form(field("language", "german"), file(5000)), form(file(5000), field("language", "de"))
        }) {
      Answer answer = post(JOBS, form);
      assertEquals(202, answer.status, () -> answer.body.encode());
      assertEquals("de", answer.body.getString("language"));
      assertEquals("a b.mp3", answer.body.getString("file_name"));
      assertEquals(5000, answer.body.getLong("bytes"));
      assertEquals(JOBS + "/" + answer.body.getString("id"), answer.location);
    }
    assertEquals(2, audio.keys().size());
  }

  /** A1: as the guide's service takes them. */
  @Test
  void a1EveryParameterOfTheGuideIsTaken() {
    Answer answer =
        post(
            JOBS,
            form(
                file(9),
                field("language", "auto"),
                field("model", "base"),
                field("diarize", "false"),
                field("alignment", "true"),
                field("quality", "balanced")));
    assertEquals(202, answer.status, () -> answer.body.encode());
    for (String field : new String[] {"diarize", "diarization"}) {
      Answer speakers = post(JOBS, form(file(9), field(field, "true")));
      assertEquals(400, speakers.status);
      assertEquals(field, speakers.body.getJsonObject("error").getString("param"));
    }
    Answer quality = post(JOBS, form(file(9), field("model", "auto"), field("quality", "best")));
    assertEquals("quality", quality.body.getJsonObject("error").getString("param"));
  }

  @Test
  void whatIsRefusedLeavesNoObject() {
    assertEquals("bad_request", post(JOBS, form(field("language", "de"))).code());
    assertEquals("bad_audio", post(JOBS, form(file(0))).code());
    assertEquals("unsupported_language", post(JOBS, form(file(9), field("language", "q"))).code());
    assertEquals("unknown_model", post(JOBS, form(file(9), field("model", "q"))).code());
    assertEquals("bad_request", post(JOBS, form(file(9), field("sync", "q"))).code());
    assertEquals("bad_request", post(JOBS, form(file(9), field("task", "q"))).code());
    assertEquals(
        "bad_request", post(JOBS, form(file(9), field("prompt", "q".repeat(4001)))).code());
    assertEquals("bad_request", post(JOBS, form(file(9)), "Idempotency-Key", " ").code());
    until(() -> Future.succeededFuture(audio.keys()), keys -> keys.isEmpty());
  }

  @Test
  void tooMuchIsRefusedBeforeItIsRead() {
    Answer declared =
        await(
            vertx
                .createNetClient()
                .connect(http.port(), "127.0.0.1")
                .compose(socket -> headersOnly(socket, 2L << 30)));
    assertEquals(413, declared.status);
    assertEquals("too_large", declared.code());
    assertEquals(java.util.List.of(), audio.keys());
  }

  /**
   * Most clients read nothing before they have sent everything; a reset would take the answer away.
   */
  @Test
  void whoIsRefusedMayGoOnSendingAndReadsWhy() throws Exception {
    byte[] piece = new byte[64 << 10];
    int pieces = 320;
    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", http.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n"
              .formatted(JOBS, BOUNDARY, pieces * piece.length)
              .getBytes());
      for (int i = 0; i < pieces; i++) {
        out.write(piece);
      }
      String answer = new String(socket.getInputStream().readAllBytes());
      assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
    }
  }

  /** Sends the head of an upload of {@code bytes} bytes and none of them; reads the answer. */
  private static Future<Answer> headersOnly(NetSocket socket, long bytes) {
    io.vertx.core.Promise<Answer> answered = io.vertx.core.Promise.promise();
    Buffer got = Buffer.buffer();
    socket.handler(got::appendBuffer);
    socket.closeHandler(
        closed -> {
          String text = got.toString();
          int status = Integer.parseInt(text.substring(9, 12));
          String body = text.substring(text.indexOf("\r\n\r\n") + 4);
          answered.complete(new Answer(status, new JsonObject(body), ""));
        });
    socket.write(
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n"
            .formatted(JOBS, BOUNDARY, bytes));
    return answered.future();
  }

  @ParameterizedTest
  @ValueSource(strings = {"; boundary=", "; boundary= ", "; boundary=\"\"", "; boundary=;", ""})
  void aFormWhoseTypeNamesNoBoundaryIsRefused(String parameter) throws Exception {
    String body = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n--b--\r\n";
    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", http.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data%s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(JOBS, parameter, body.length(), body)
              .getBytes());
      String answer = new String(socket.getInputStream().readAllBytes());
      assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
      assertTrue(answer.contains("names no boundary"), answer);
    }
  }

  @Test
  void anUploadThatBreaksOffLeavesNothing() {
    NetClient net = vertx.createNetClient();
    NetSocket socket = await(net.connect(http.port(), "127.0.0.1"));
    await(
        socket.write(
            Buffer.buffer(
                    "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: 90000\r\n\r\n"
                        .formatted(JOBS, BOUNDARY))
                .appendBuffer(file(20_000))));
    await(socket.close());
    Answer after = post(JOBS, form(file(10)));
    assertEquals(202, after.status);
    until(() -> Future.succeededFuture(audio.keys()), keys -> keys.size() == 1);
  }

  @Test
  void aSynchronousCallThatTakesTooLongGoesOnAsAJob() {
    Answer job = post(JOBS, form(file(10), field("sync", "true")));
    assertEquals(202, job.status);
    assertEquals("accepted", job.body.getString("status"));
    Answer openAi = post("/v1/audio/transcriptions", form(file(10)));
    assertEquals(504, openAi.status);
    assertEquals("timeout", openAi.code());
  }
}
