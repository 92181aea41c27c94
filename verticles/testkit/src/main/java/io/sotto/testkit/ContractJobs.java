package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookStore.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;

/**
 * Jobs of a contract, and the steps that bring them to an end. On a store that other tests use too:
 * each test has its own model, recording and host.
 */
abstract class ContractJobs {
  static final long TENANT = 1;

  /** Whose jobs these are; a contract that counts all of a tenant's takes one of its own. */
  long tenant = TENANT;

  static final Duration LONG = Duration.ofMinutes(5);
  static final Duration SHORT = Duration.ofMillis(1);
  static final String DIGEST = "ab".repeat(32);

  final NodeId scheduler = NodeId.create();
  final NodeId node = NodeId.create();
  final String model = "model-" + UUID.randomUUID();
  final String sha = UUID.randomUUID().toString();
  final String host = UUID.randomUUID() + ".example";
  final Webhook webhook = new Webhook("https://" + host + "/a", host, null, WebhookFormat.STANDARD);
  JobStore store;

  protected abstract JobStore store();

  @BeforeEach
  void register() {
    store = store();
    await(store.register(scheduler, "scheduler", "test", LONG));
  }

  NewJob job(String prompt) {
    JobId id = JobId.create(System.currentTimeMillis());
    TranscriptionOptions options = new TranscriptionOptions(model, "en", Task.TRANSCRIBE, prompt);
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 4711, sha);
    return new NewJob(id, tenant, null, "h", options, audio, "a.mp3", "audio/mpeg");
  }

  JobId insert() {
    NewJob job = job("p").withWebhook(webhook);
    assertTrue(await(store.insert(job)).created());
    return job.id();
  }

  int prepare(JobId job) {
    return until(
            () -> store.claimPreparations(scheduler, 100, LONG),
            claimed -> claimed.stream().anyMatch(p -> p.job().equals(job)))
        .stream()
        .filter(p -> p.job().equals(job))
        .findFirst()
        .orElseThrow()
        .attempt();
  }

  ChunksPrepared prepared(JobId job, int attempt, int chunks) {
    List<PreparedChunk> made = new ArrayList<>();
    for (int seq = 0; seq < chunks; seq++) {
      AudioKey key = AudioKey.chunk(new ChunkId(job, seq));
      made.add(new PreparedChunk(seq, new Span(seq * 1000L, seq * 1000L + 1000), key, DIGEST, 9));
    }
    long ms = chunks * 1000L;
    return new ChunksPrepared(job, attempt, node, made, ms, new ChunksPrepared.End(chunks, ms));
  }

  List<Lease> running(JobId job, int chunks) {
    await(store.recordChunks(prepared(job, prepare(job), chunks), LONG));
    return await(store.claimChunks(scheduler, node, List.of(model), chunks, LONG));
  }

  ChunkTranscribed result(Lease lease, String digest) {
    String text = " " + lease.chunk().seq();
    Segment segment = new Segment(0, 1, text, List.of(1), 0, -0.1, 1, 0, List.of());
    ChunkTranscript.StageTimes times = new ChunkTranscript.StageTimes(1, 1, 1, 1, 1);
    ChunkTranscript transcript = new ChunkTranscript("en", 1, List.of(segment), digest, times);
    return new ChunkTranscribed(lease.chunk(), lease.attempt(), node, transcript);
  }

  void complete(JobId job, int chunks, String digest) {
    running(job, chunks).forEach(lease -> await(store.commit(result(lease, digest))));
    assertEquals(JobState.COMPLETED, view(job).state());
  }

  JobView view(JobId job) {
    return await(store.find(tenant, job)).orElseThrow();
  }

  List<Entry> log(JobId job) {
    return await(store.webhooks().log(tenant, job));
  }

  Entry only(JobId job) {
    List<Entry> log = log(job);
    assertEquals(1, log.size(), log::toString);
    return log.getFirst();
  }
}
