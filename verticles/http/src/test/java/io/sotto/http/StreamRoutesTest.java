package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.storage.JobStore;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams on fake stores, their jobs done by hand. */
class StreamRoutesTest {
  private static final String OPENAI = "/v1/audio/transcriptions";
  private static final Duration SHORT = Duration.ofMillis(40);
  private static final Duration LONG = Duration.ofMinutes(1);
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final ClusterBus bus = ClusterBus.open(vertx);

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private int serve(Duration requestTimeout, HttpOptions.Streams streams) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, requestTimeout, "base").with(streams);
    return serve(options, jobs);
  }

  private int serve(HttpOptions options, JobStore store) {
    HttpVerticle http = new HttpVerticle(options, store, new FakeAudioStore(), bus);
    await(vertx.deployVerticle(http));
    return http.port();
  }

  /** The store, whose inserts are told once {@code gate} is open. */
  private JobStore slowly(Future<Void> gate) {
    InvocationHandler calls =
        (proxy, method, arguments) -> {
          Object answer = method.invoke(jobs, arguments);
          return method.getName().equals("insert")
              ? gate.compose(open -> (Future<?>) answer)
              : answer;
        };
    return (JobStore)
        Proxy.newProxyInstance(
            JobStore.class.getClassLoader(), new Class<?>[] {JobStore.class}, calls);
  }

  private int serve() {
    return serve(LONG, new HttpOptions.Streams(SHORT, LONG, 1_000));
  }

  private static JobId job(Sse stream) {
    return JobId.parse(stream.header("x-sotto-job")).orElseThrow();
  }

  private JobState state(JobId job) {
    return await(jobs.find(1, job)).orElseThrow().state();
  }

  private void awaitState(JobId job, JobState state) {
    until(() -> jobs.find(1, job), found -> found.orElseThrow().state() == state);
  }

  private static void assertDelta(Sse.Event event, JobId job, int seq, String text) {
    assertEquals(job + ":" + seq, event.id());
    assertEquals("transcript.text.delta", event.data().getString("type"));
    assertEquals(text, event.data().getString("delta"));
  }

  private static void assertDone(Sse.Event event, JobId job) {
    assertEquals(job + ":3", event.id());
    assertEquals("transcript.text.done", event.data().getString("type"));
    assertEquals("part 0 part 1 part 2", event.data().getString("text"));
    JsonObject usage = event.data().getJsonObject("usage");
    assertEquals("tokens", usage.getString("type"));
    assertEquals(1500, usage.getInteger("input_tokens"));
    assertEquals(6, usage.getInteger("output_tokens"));
    assertEquals(1506, usage.getInteger("total_tokens"));
  }

  /** Q9: events as the standard has them, not lines of JSON. */
  @Test
  void textComesInTheOrderOfTheRecording() {
    int port = serve();
    Sse stream = Sse.upload(vertx, port, OPENAI, "stream=true&response_format=text");
    JobId job = job(stream);
    assertEquals(200, stream.status());
    assertEquals("text/event-stream; charset=utf-8", stream.header("Content-Type"));
    HandRun run = new HandRun(jobs, bus, job, 3);
    assertDelta(stream.events(1).getFirst(), job, 0, "part 0");
    run.commit(2);
    Sse other = Sse.get(vertx, port, Client.JOBS + "/" + job + "/events");
    assertEquals(66, other.events(2).getLast().data().getInteger("progress"));
    assertEquals(1, stream.events().size(), "the last chunk waits for the second");
    run.commit(1);
    List<Sse.Event> events = stream.awaitEnd().events();
    assertEquals(4, events.size(), stream::text);
    assertDelta(events.get(1), job, 1, " part 1");
    assertDelta(events.get(2), job, 2, " part 2");
    assertDone(events.getLast(), job);
  }

  @Test
  void theEventsOfAJobGoOnAfterTheLastOne() {
    int port = serve();
    Sse running = Sse.upload(vertx, port, OPENAI, "stream=true");
    JobId job = job(running);
    String path = Client.JOBS + "/" + job + "/events";
    HandRun run = new HandRun(jobs, bus, job, 3);
    Sse early = Sse.get(vertx, port, path);
    JsonObject progress = early.events(2).getLast().data();
    assertEquals("job.progress", progress.getString("type"));
    assertEquals("running", progress.getString("status"));
    assertEquals(33, progress.getInteger("progress"));
    assertTrue(progress.containsKey("eta_seconds"));
    assertNull(early.events().getLast().id(), "progress is no place to go on from");
    run.commit(1);
    run.commit(2);
    assertDone(early.awaitEnd().events().getLast(), job);

    int elsewhere = serve();
    List<Sse.Event> replayed = Sse.get(vertx, elsewhere, path).awaitEnd().events();
    assertEquals(5, replayed.size());
    assertDelta(replayed.getFirst(), job, 0, "part 0");
    Sse rest = Sse.get(vertx, elsewhere, path, "Last-Event-ID", job + ":1");
    assertDelta(rest.awaitEnd().events().getFirst(), job, 2, " part 2");
    assertDone(rest.events().getLast(), job);
    Sse asked = Sse.get(vertx, elsewhere, path + "?last_event_id=" + job + ":0");
    assertDelta(asked.awaitEnd().events().getFirst(), job, 1, " part 1");
    assertEquals(204, Sse.get(vertx, elsewhere, path, "Last-Event-ID", job + ":3").status());
  }

  /** More chunks than are read at a time. */
  @Test
  void aLongRecordingIsToldPageByPage() {
    int chunks = 150;
    int port = serve();
    Sse stream = Sse.upload(vertx, port, OPENAI, "stream=true");
    JobId job = job(stream);
    HandRun run = new HandRun(jobs, bus, job, chunks);
    for (int seq = chunks - 1; seq > 0; seq--) {
      run.commit(seq);
    }
    List<Sse.Event> events = stream.awaitEnd().events();
    assertEquals(chunks + 1, events.size());
    StringBuilder text = new StringBuilder();
    for (int seq = 0; seq < chunks; seq++) {
      assertEquals(job + ":" + seq, events.get(seq).id());
      text.append(events.get(seq).data().getString("delta"));
    }
    assertEquals(text.toString(), events.getLast().data().getString("text"));
    assertTrue(text.toString().endsWith(" part 149"), text::toString);
  }

  @Test
  void whatCannotBeGoneOnFromIsRefused() {
    int port = serve();
    JobId job = job(Sse.upload(vertx, port, OPENAI, "stream=true"));
    String path = Client.JOBS + "/" + job + "/events";
    for (String wrong : List.of("7", JobId.create(1) + ":1", job + ":-1", job + ":9999999999")) {
      Sse refused = Sse.get(vertx, port, path, "Last-Event-ID", wrong);
      assertEquals(400, refused.status());
      refused.awaitText("Last-Event-ID");
    }
    String unknown = Client.JOBS + "/" + JobId.create(1) + "/events";
    assertEquals(404, Sse.get(vertx, port, unknown).status());
  }

  @Test
  void aJobThatEndsOtherwiseEndsItsStreamsWithTheError() {
    int port = serve();
    Sse stream = Sse.upload(vertx, port, OPENAI, "stream=true", "Idempotency-Key", "k");
    JobId job = job(stream);
    new HandRun(jobs, bus, job, 3);
    stream.events(1);
    await(jobs.cancel(1, job));
    Sse.Event last = stream.awaitEnd().events().getLast();
    assertEquals("cancelled", last.data().getJsonObject("error").getString("code"));
    assertEquals(job + ":1", last.id());
    Sse later = Sse.get(vertx, port, Client.JOBS + "/" + job + "/events");
    assertEquals(last, later.awaitEnd().events().getLast());
  }

  @Test
  void whatFailsBeforeTheFirstWordsHasItsStatus() {
    int port = serve(Duration.ofMillis(300), HttpOptions.Streams.USUAL);
    Sse stream = Sse.upload(vertx, port, OPENAI, "stream=true");
    assertEquals(504, stream.status());
    assertEquals("application/json", stream.header("Content-Type"));
    JsonObject error = new JsonObject(stream.awaitEnd().text()).getJsonObject("error");
    assertEquals("timeout", error.getString("code"));
    assertEquals(JobState.ACCEPTED, state(job(stream)));
  }

  @Test
  void aJobThatDoesNotMoveEndsTheStreamAndGoesOn() {
    int port = serve(Duration.ofMillis(300), new HttpOptions.Streams(SHORT, LONG, 9));
    Sse stream = Sse.upload(vertx, port, OPENAI, "stream=true");
    JsonObject error = stream.awaitEnd().events().getLast().data().getJsonObject("error");
    assertEquals("timeout", error.getString("code"));
    assertEquals(JobState.ACCEPTED, state(job(stream)));
  }

  @Test
  void whoHangsUpWantsNothingUnlessAKeySaysSo() {
    int port = serve();
    Sse gone = Sse.upload(vertx, port, OPENAI, "stream=true");
    Sse keyed = Sse.upload(vertx, port, OPENAI, "stream=true", "Idempotency-Key", "k");
    JobId goes = job(gone);
    JobId stays = job(keyed);
    Sse reader = Sse.get(vertx, port, Client.JOBS + "/" + stays + "/events");
    reader.events(1);
    keyed.hangUp();
    reader.hangUp();
    gone.hangUp();
    awaitState(goes, JobState.CANCELLED);
    assertEquals(JobState.ACCEPTED, state(stays));
  }

  @Test
  void whoHangsUpWhileWaitingForJsonWantsNothing() {
    int port = serve(LONG, new HttpOptions.Streams(SHORT, SHORT, 9));
    Sse waiting = Sse.upload(vertx, port, OPENAI, "response_format=verbose_json");
    JobId job = job(waiting);
    waiting.hangUp();
    awaitState(job, JobState.CANCELLED);
  }

  @Test
  void silenceIsFilled() {
    int port = serve(LONG, new HttpOptions.Streams(SHORT, SHORT, 9));
    Sse stream = Sse.upload(vertx, port, OPENAI, "stream=true");
    stream.awaitText(": keep-alive\n\n: keep-alive\n\n");
    Sse json = Sse.upload(vertx, port, OPENAI, "model=whisper-1", "Accept-Encoding", "gzip");
    json.awaitText("  ");
    assertEquals("application/json", json.header("Content-Type"));
    JobId job = job(json);
    await(jobs.cancel(1, job(stream)));
    HandRun run = new HandRun(jobs, bus, job, 3);
    run.commit(1);
    run.commit(2);
    String body = json.awaitEnd().text();
    assertTrue(body.startsWith("  "), body);
    assertEquals("part 0 part 1 part 2", new JsonObject(body).getString("text"));
  }

  /** sync=true of the job API; what does not say tells by its status whether the job has ended. */
  @Test
  void silenceIsFilledForWhoeverWaitsForAJob() {
    int port = serve(LONG, new HttpOptions.Streams(SHORT, SHORT, 9));
    Sse json = Sse.upload(vertx, port, Client.JOBS, "sync=true");
    json.awaitText("  ");
    assertEquals(200, json.status());
    String location = json.header("Location");
    JobId job = JobId.parse(location.substring(location.lastIndexOf('/') + 1)).orElseThrow();
    HandRun run = new HandRun(jobs, bus, job, 3);
    run.commit(1);
    run.commit(2);
    JsonObject body = new JsonObject(json.awaitEnd().text());
    assertEquals("completed", body.getString("status"));
    assertEquals("part 0 part 1 part 2", body.getString("text"));
    int hasty = serve(Duration.ofMillis(300), new HttpOptions.Streams(SHORT, SHORT, 9));
    Sse late = Sse.upload(vertx, hasty, Client.JOBS, "sync=true");
    JsonObject open = new JsonObject(late.awaitEnd().text());
    assertEquals("accepted", open.getString("status"), "200 by then, so that the body tells");
    assertEquals(202, Sse.upload(vertx, hasty, Client.JOBS, "sync=auto").status());
  }

  @Test
  void anAnswerThatHasBegunIsCutOffWhenItFails() {
    int port = serve(LONG, new HttpOptions.Streams(SHORT, SHORT, 9));
    Sse json = Sse.upload(vertx, port, OPENAI, "model=whisper-1");
    json.awaitText("  ");
    await(jobs.cancel(1, job(json)));
    json.awaitBreak();
    assertEquals("cancelled", new JsonObject(json.text()).getJsonObject("error").getString("code"));
  }

  @Test
  void subtitlesWaitInSilence() {
    int port = serve(Duration.ofMillis(300), new HttpOptions.Streams(SHORT, SHORT, 9));
    for (String format : List.of("text", "srt", "vtt")) {
      Sse answer = Sse.upload(vertx, port, OPENAI, "response_format=" + format);
      assertEquals(504, answer.status(), "nothing was sent before it");
    }
  }

  @Test
  void subtitlesAreNotStreamed() {
    int port = serve();
    for (String format : List.of("srt", "vtt", "verbose_json")) {
      Sse refused = Sse.upload(vertx, port, OPENAI, "stream=true&response_format=" + format);
      assertEquals(400, refused.status());
      JsonObject error = new JsonObject(refused.awaitEnd().text()).getJsonObject("error");
      assertEquals("response_format", error.getString("param"));
      assertTrue(error.getString("message").contains("stream"), error::encode);
      assertTrue(error.getString("message").contains(format), error::encode);
    }
    assertEquals(400, Sse.upload(vertx, port, OPENAI, "stream=maybe").status());
  }

  @Test
  void aServerHasSoManyStreamsAndNoMore() {
    int port = serve(LONG, new HttpOptions.Streams(SHORT, LONG, 1));
    Sse first = Sse.upload(vertx, port, OPENAI, "stream=true");
    JobId job = job(first);
    String path = Client.JOBS + "/" + job + "/events";
    Sse refused = Sse.get(vertx, port, path);
    assertEquals(503, refused.status());
    assertFalse(refused.header("Retry-After").equals("null"));
    assertEquals(503, Sse.upload(vertx, port, OPENAI, "stream=true").status());
    first.hangUp();
    awaitState(job, JobState.CANCELLED);
    assertEquals(200, Sse.get(vertx, port, path).status());
  }

  /** Two uploads for which there was room when they were read; a job that is made is streamed. */
  @Test
  void noJobIsLeftRunningForAStreamThatIsRefused() {
    Promise<Void> gate = Promise.promise();
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, LONG, "base")
            .with(new HttpOptions.Streams(SHORT, LONG, 1));
    int port = serve(options, slowly(gate.future()));
    Sse first = Sse.upload(vertx, port, OPENAI, "stream=true");
    Sse second = Sse.upload(vertx, port, OPENAI, "stream=true");
    until(() -> jobs.openJobs(9), open -> open.size() == 2);
    gate.complete();
    assertEquals(List.of(200, 200), List.of(first.status(), second.status()));
    assertEquals(503, Sse.upload(vertx, port, OPENAI, "stream=true").status());
  }

  @Test
  void idsOfARequestAreGivenBack() {
    int port = serve();
    Sse answer =
        Sse.get(
            vertx,
            port,
            "/v1/models",
            "X-Request-ID",
            "r-1",
            "X-Correlation-ID",
            "c.2",
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    assertEquals("r-1", answer.header("x-request-id"));
    assertEquals("c.2", answer.header("x-correlation-id"));
    assertEquals("4bf92f3577b34da6a3ce929d0e0e4736", answer.header("x-trace-id"));
    Sse odd =
        Sse.get(
            vertx, port, "/none", "X-Request-ID", "a b", "X-Trace-ID", "t", "traceparent", "00-0");
    assertEquals(36, odd.header("x-request-id").length());
    assertEquals("null", odd.header("x-correlation-id"));
    assertEquals("t", odd.header("x-trace-id"));
  }
}
