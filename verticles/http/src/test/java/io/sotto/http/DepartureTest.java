package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Client.Answer;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** F31: a server that leaves leaves nobody without an answer, and nobody for long. */
class DepartureTest {
  private static final String OPENAI = "/v1/audio/transcriptions";
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration WITHIN = Duration.ofSeconds(2);
  private static final HttpOptions.Streams STREAMS =
      new HttpOptions.Streams(Duration.ofMillis(40), LONG, 1_000);
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private HttpVerticle http;
  private Client client;

  @BeforeEach
  void start() {
    HttpOptions options = new HttpOptions("127.0.0.1", 0, 100_000, LONG, "base").with(STREAMS);
    http = new HttpVerticle(options, jobs, audio, bus);
    await(vertx.deployVerticle(http));
    client = new Client(vertx, http.port());
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private void drain() {
    await(http.drain(Duration.ZERO, WITHIN));
  }

  private void awaitJob() {
    NodeId node = NodeId.create();
    await(jobs.register(node, "test", "test", LONG));
    until(() -> jobs.claimPreparations(node, 1, LONG), claimed -> !claimed.isEmpty());
  }

  private JobState state(JobId job) {
    return await(jobs.find(1, job)).orElseThrow().state();
  }

  @Test
  void whileBalancersLearnOfItItAnswersAndEachAnswerIsTheLastOfItsConnection() {
    JobId job = JobId.parse(client.upload(null).id()).orElseThrow();
    assertEquals(200, client.get("/api/v1/health", null).status());
    assertEquals("null", String.valueOf(client.get(Client.JOBS, null).header("Connection")));
    Future<Void> leaving = http.drain(LONG, WITHIN);
    Answer announced =
        until(
            () -> client.getting("/api/v1/health"), answer -> answer.header("Connection") != null);
    assertEquals(503, announced.status());
    assertEquals("unhealthy", announced.body().getString("status"));
    for (Answer answer : List.of(client.upload(null), client.get(Client.JOBS + "/" + job, null))) {
      assertTrue(answer.status() < 300, answer.body()::encode);
      assertEquals("close", answer.header("Connection"));
    }
    assertFalse(leaving.isComplete());
  }

  @Test
  void aServerThatNobodyAsksAnythingIsGoneAtOnce() {
    client.upload(null); // its connection stays open
    long begun = System.nanoTime();
    await(http.drain(Duration.ZERO, LONG));
    assertTrue(System.nanoTime() - begun < Duration.ofSeconds(10).toNanos());
  }

  @Test
  void whatEndsInTimeIsAnsweredAsEver() {
    Sse waiting = Sse.upload(vertx, http.port(), OPENAI, "response_format=text", "a", "b");
    JobId job = until(this::open, found -> found != null);
    HandRun run = new HandRun(jobs, bus, job, 2);
    Future<Void> left = http.drain(Duration.ZERO, LONG);
    run.commit(1);
    assertEquals(200, waiting.status());
    assertEquals("part 0 part 1", waiting.awaitEnd().text().strip());
    await(left);
  }

  private Future<JobId> open() {
    return client
        .getting(Client.JOBS)
        .map(
            list -> list.ids().isEmpty() ? null : JobId.parse(list.ids().getFirst()).orElseThrow());
  }

  @Test
  void aCallForAJobIsToldOfTheJobWhichGoesOn() {
    Future<Answer> waiting = client.syncing();
    awaitJob();
    drain();
    Answer answer = await(waiting);
    assertEquals(202, answer.status(), answer.body()::encode);
    assertEquals(JobState.PREPARING, state(JobId.parse(answer.id()).orElseThrow()));
  }

  @Test
  void aCallForAResultIsToldToComeAgainAndItsJobIsNotDoneInVain() {
    Sse waiting = Sse.upload(vertx, http.port(), OPENAI, "language=en");
    awaitJob();
    drain();
    assertEquals(503, waiting.status());
    assertEquals("1", waiting.header("Retry-After"));
    assertEquals("true", waiting.header("x-should-retry"));
    assertTrue(waiting.awaitEnd().text().contains("\"draining\""), waiting::text);
    assertEquals(
        JobState.CANCELLED, state(JobId.parse(waiting.header("x-sotto-job")).orElseThrow()));
  }

  @Test
  void aCallWithAKeyMeetsItsJobAgain() {
    Sse waiting =
        Sse.upload(vertx, http.port(), OPENAI, "language=en", "Idempotency-Key", "talk-1");
    awaitJob();
    drain();
    assertEquals(503, waiting.status());
    assertEquals(
        JobState.PREPARING, state(JobId.parse(waiting.header("x-sotto-job")).orElseThrow()));
  }

  @Test
  void eventsOfAJobEndWithoutAnErrorSoThatTheyGoOnElsewhere() {
    JobId job = JobId.parse(client.upload(null).id()).orElseThrow();
    new HandRun(jobs, bus, job, 3);
    Sse events = Sse.get(vertx, http.port(), Client.JOBS + "/" + job + "/events");
    events.events(2);
    await(http.drain(Duration.ZERO, LONG));
    assertFalse(events.awaitEnd().text().contains("error"), events::text);
  }

  @Test
  void aStreamThatHasBegunTellsWhereItGoesOn() {
    Sse stream = Sse.upload(vertx, http.port(), OPENAI, "stream=true");
    JobId job = JobId.parse(stream.header("x-sotto-job")).orElseThrow();
    new HandRun(jobs, bus, job, 3);
    stream.events(1);
    drain();
    String told = stream.awaitEnd().events().getLast().data().encode();
    assertTrue(told.contains("draining") && told.contains(job + "/events"), told);
    assertEquals(JobState.RUNNING, state(job));
  }

  @Test
  void anUploadThatDoesNotEndInTimeIsToldToComeAgainAndLeavesNothing() {
    Promise<String> answered = Promise.promise();
    NetSocket socket = await(vertx.createNetClient().connect(http.port(), "127.0.0.1"));
    Buffer got = Buffer.buffer();
    socket.handler(got::appendBuffer);
    socket.closeHandler(closed -> answered.complete(got.toString()));
    await(
        socket.write(
            "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc"
                .formatted(Client.JOBS)));
    // the server reads what came before first
    assertEquals(200, client.get("/api/v1/health", null).status());
    drain();
    String answer = await(answered.future());
    assertTrue(answer.startsWith("HTTP/1.1 503 "), answer);
    assertTrue(answer.contains("connection: close"), answer);
    until(() -> Future.succeededFuture(audio.keys()), keys -> keys.isEmpty());
  }

  @Test
  void nobodyIsLetInAfterwards() {
    drain();
    HttpClient late = vertx.createHttpClient();
    Future<String> refused =
        late.request(HttpMethod.GET, http.port(), "127.0.0.1", "/api/v1/health")
            .map("accepted")
            .recover(closed -> Future.succeededFuture("refused"));
    assertEquals("refused", await(refused));
  }
}
