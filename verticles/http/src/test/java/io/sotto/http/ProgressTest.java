package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Lease;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a client sees of a job while it runs: a recording of three chunks of ten seconds. */
class ProgressTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String SHA = "cd".repeat(32);
  private final Vertx vertx = Vertx.vertx();
  private final FakeJobStore jobs = new FakeJobStore();
  private final NodeId node = NodeId.create();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private Client client;
  private String job;
  private List<Lease> leases;

  @BeforeEach
  void start() {
    HttpOptions options = new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofMillis(300), "base");
    HttpVerticle http = new HttpVerticle(options, jobs, new FakeAudioStore(), bus);
    await(vertx.deployVerticle(http));
    client = new Client(vertx, http.port());
    JobId id = JobId.parse(client.upload(null).id()).orElseThrow();
    job = Client.JOBS + "/" + id;
    await(jobs.register(node, "test", "test", LONG));
    int attempt = await(jobs.claimPreparations(node, 1, LONG)).getFirst().attempt();
    List<PreparedChunk> chunks = new ArrayList<>();
    for (int seq = 0; seq < 3; seq++) {
      Span span = new Span(seq * 10_000L, seq * 10_000L + 10_000);
      chunks.add(new PreparedChunk(seq, span, AudioKey.chunk(new ChunkId(id, seq)), SHA, 10));
    }
    ChunksPrepared.End end = new ChunksPrepared.End(3, 30_000);
    await(jobs.recordChunks(new ChunksPrepared(id, attempt, node, chunks, 30_000, end), LONG));
    leases = new ArrayList<>();
    claim(1);
    commit(leases.removeFirst());
    claim(2);
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private void claim(int chunks) {
    leases.addAll(await(jobs.claimChunks(node, node, List.of("base"), chunks, LONG)));
  }

  private void commit(Lease lease) {
    String text = " part " + lease.chunk().seq();
    Segment segment = new Segment(0, 1, text, List.of(), 0, -0.1, 1, 0, List.of());
    ChunkTranscript transcript =
        new ChunkTranscript(
            "en", 1, List.of(segment), SHA, new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
    await(jobs.commit(new ChunkTranscribed(lease.chunk(), lease.attempt(), node, transcript)));
  }

  private JsonObject partial() {
    return client.get(job + "?partial=true", null).body();
  }

  @Test
  void theTextSoFarEndsBeforeTheFirstGap() {
    assertFalse(client.get(job, null).body().containsKey("text"));
    commit(leases.getLast());
    JsonObject gap = partial();
    assertEquals("part 0", gap.getString("text"));
    assertEquals(10.0, gap.getDouble("text_until_seconds"));
    assertTrue(gap.getBoolean("partial"));
    assertEquals(66, gap.getInteger("progress"));
    commit(leases.getFirst());
    JsonObject whole = partial();
    assertEquals("part 0 part 1 part 2", whole.getString("text"));
    assertFalse(whole.containsKey("partial"));
    assertEquals(100, whole.getInteger("progress"));
    assertEquals(0, whole.getInteger("eta_seconds"));
    assertEquals(400, client.get(job + "?partial=maybe", null).status());
  }

  @Test
  void whenItWillBeDoneFollowsTheSpeedOfTheWorkers() {
    assertNull(client.get(job, null).body().getInteger("eta_seconds"), "nobody has measured it");
    bus.publish(Addresses.OFFERS, new WorkerOffer(node, "cpu", List.of("base"), 4, 2, 2.5));
    JsonObject known =
        until(
            () -> Future.succeededFuture(client.get(job, null).body()),
            body -> body.getInteger("eta_seconds") != null);
    assertEquals(4, known.getInteger("eta_seconds"), "20 s of audio, two rows of 2.5 a second");
    assertEquals(33, known.getInteger("progress"));
  }
}
