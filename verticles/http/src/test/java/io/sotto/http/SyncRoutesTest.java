package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.http.Client.Answer;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** J2, T7: a call that does not say waits for what turns out short, and no wait fails a job. */
class SyncRoutesTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration THRESHOLD = Duration.ofSeconds(10);
  private static final Map<String, String> UNSAID = Map.of("sync", "");
  private static final String DIGEST = "cd".repeat(32);
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final NodeId node = NodeId.create();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private Client client;

  @BeforeEach
  void start() {
    client = server(LONG);
    await(jobs.register(node, "test", "test", LONG));
  }

  private Client server(Duration syncTimeout) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, LONG, "base").withSync(THRESHOLD, syncTimeout);
    HttpVerticle http = new HttpVerticle(options, jobs, new FakeAudioStore(), bus);
    await(vertx.deployVerticle(http));
    return new Client(vertx, http.port());
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private Preparation preparation() {
    return until(() -> jobs.claimPreparations(node, 1, LONG), claimed -> !claimed.isEmpty())
        .getFirst();
  }

  /** What an ingest node reports: one chunk of {@code ms}, the last where {@code whole}. */
  private void prepare(Preparation of, long ms, boolean whole) {
    AudioKey key = AudioKey.chunk(new ChunkId(of.job(), 0));
    List<PreparedChunk> chunk =
        List.of(new PreparedChunk(0, new Span(0, ms), key, "ab".repeat(32), 10));
    ChunksPrepared.End end = whole ? new ChunksPrepared.End(1, ms) : null;
    await(
        jobs.recordChunks(new ChunksPrepared(of.job(), of.attempt(), node, chunk, ms, end), LONG));
  }

  private void transcribe() {
    Lease lease = await(jobs.claimChunks(node, node, List.of("base"), 1, LONG)).getFirst();
    Segment segment = new Segment(0, 1, " Hello", List.of(), 0, -0.1, 1, 0, List.of());
    ChunkTranscript text =
        new ChunkTranscript(
            "en", 1, List.of(segment), DIGEST, new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
    await(jobs.commit(new ChunkTranscribed(lease.chunk(), lease.attempt(), node, text)));
  }

  @Test
  void aShortRecordingIsAnsweredWithItsTextAndTheModelThatMadeIt() {
    Future<Answer> called = client.uploading(null, UNSAID);
    prepare(preparation(), 9_000, true);
    assertFalse(called.isComplete());
    transcribe();
    Answer answer = await(called);
    assertEquals(200, answer.status());
    assertEquals("Hello", answer.body().getString("text"));
    assertEquals("base", answer.body().getString("model"));
    assertEquals(DIGEST, answer.body().getString("model_digest"));
  }

  @Test
  void aLongRecordingIsAnsweredAsSoonAsItsLengthShows() {
    Future<Answer> called = client.uploading(null, UNSAID);
    prepare(preparation(), 11_000, false);
    Answer answer = await(called);
    assertEquals(202, answer.status());
    assertEquals(Client.JOBS + "/" + answer.id(), answer.header("Location"));
    assertFalse(answer.body().containsKey("text"));
  }

  @Test
  void whoWantsToWaitWaitsForALongOneToo() {
    Future<Answer> called = client.uploading(null, Map.of("sync", "true"));
    prepare(preparation(), 11_000, true);
    transcribe();
    assertEquals(200, await(called).status());
  }

  @Test
  void aWaitThatIsOverFailsNothing() {
    Answer answer = server(Duration.ofMillis(1)).upload(null, UNSAID);
    assertEquals(202, answer.status());
    prepare(preparation(), 9_000, true);
    transcribe();
    Answer later = client.get(String.valueOf(answer.header("Location")), null);
    assertEquals("completed", later.body().getString("status"));
    assertEquals("Hello", later.body().getString("text"));
  }

  @Test
  void theHeaderPreferIsHeard() {
    assertEquals(202, client.upload(null, UNSAID, "Prefer", "respond-async").status());
    assertEquals(202, client.upload(null, UNSAID, "Prefer", "wait=0").status());
    assertEquals(202, client.upload(null, UNSAID, "Prefer", "wait=1").status());
  }

  @Test
  void aShortRecordingThatCannotBeReadIsToldToTheCall() {
    Future<Answer> called = client.uploading(null, UNSAID);
    Preparation it = preparation();
    await(
        jobs.failPreparation(
            new PreparationFailed(
                it.job(), it.attempt(), node, FailureCode.BAD_AUDIO, "it is a poem")));
    Answer answer = await(called);
    assertEquals(FailureCode.BAD_AUDIO.httpStatus(), answer.status());
    assertTrue(answer.error().getString("message").contains("a poem"));
  }
}
