package io.sotto.embedded;

import static io.sotto.testkit.Await.await;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.AudioStore;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Jobs brought into a state by the steps that the product takes, their audio stored. Each has a
 * model of its own, so that none takes another's chunks.
 */
final class JobLives {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int CHUNK_BYTES = 10;
  private final JobStore store;
  private final AudioStore audio;
  private final NodeId scheduler = NodeId.create();
  private final NodeId worker = NodeId.create();
  private final NodeId ingest = NodeId.create();

  JobLives(JobStore store, AudioStore audio) {
    this.store = store;
    this.audio = audio;
  }

  AudioKey upload(JobId job) {
    return AudioKey.upload(job);
  }

  AudioKey chunk(JobId job, int seq) {
    return AudioKey.chunk(new ChunkId(job, seq));
  }

  /** Waits for an ingest node; later calls leave it alone. */
  JobId accepted() {
    await(store.register(scheduler, "scheduler", "test", LONG));
    JobId job = insert("any");
    JobStore.Preparation claimed = claim(job);
    await(store.releasePreparation(job, claimed.attempt(), Duration.ofMinutes(1)));
    return job;
  }

  private JobId insert(String model) {
    JobId id = JobId.create(System.currentTimeMillis());
    StoredAudio stored = await(audio.put(upload(id), new byte[100]));
    TranscriptionOptions options = new TranscriptionOptions(model, "en", Task.TRANSCRIBE, null);
    await(store.insert(new NewJob(id, 1, null, "h", options, stored, null, null)));
    return id;
  }

  private JobStore.Preparation claim(JobId job) {
    return await(store.claimPreparations(scheduler, 1, LONG)).stream()
        .filter(preparation -> preparation.job().equals(job))
        .findFirst()
        .orElseThrow();
  }

  /** Of {@code chunks} chunks of a second each, none is taken yet. */
  private JobId prepared(String model, int chunks) {
    JobId job = insert(model);
    int attempt = claim(job).attempt();
    List<PreparedChunk> made = new ArrayList<>();
    for (int seq = 0; seq < chunks; seq++) {
      StoredAudio stored = await(audio.put(chunk(job, seq), new byte[CHUNK_BYTES]));
      Span span = new Span(seq * 1000L, seq * 1000L + 1000);
      made.add(new PreparedChunk(seq, span, stored.key(), stored.sha256(), stored.bytes()));
    }
    long ms = chunks * 1000L;
    ChunksPrepared.End end = new ChunksPrepared.End(chunks, ms);
    await(store.recordChunks(new ChunksPrepared(job, attempt, ingest, made, ms, end), LONG));
    return job;
  }

  private List<Lease> lease(String model, int limit) {
    return await(store.claimChunks(scheduler, worker, List.of(model), limit, LONG));
  }

  private ChunkTranscribed transcribed(Lease lease) {
    Span span = lease.span();
    Segment segment =
        new Segment(
            span.startMs() / 1000.0,
            span.endMs() / 1000.0,
            " text",
            List.of(1, 2),
            0,
            -0.1,
            1.2,
            0.01,
            List.of());
    ChunkTranscript transcript =
        new ChunkTranscript(
            "en", 1, List.of(segment), "ab", new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
    return new ChunkTranscribed(lease.chunk(), lease.attempt(), worker, transcript);
  }

  JobId completed() {
    String model = UUID.randomUUID().toString();
    JobId job = prepared(model, 4);
    lease(model, 4).forEach(lease -> await(store.commit(transcribed(lease))));
    return job;
  }

  /** The first of its chunks is dead, the other cancelled with it. */
  JobId failed() {
    String model = UUID.randomUUID().toString();
    JobId job = prepared(model, 2);
    Lease lease = lease(model, 1).getFirst();
    FailureCode code = FailureCode.BAD_REQUEST;
    await(
        store.fail(
            new ChunkFailed(lease.chunk(), lease.attempt(), worker, code, "it broke", true)));
    return job;
  }

  /** Of its four chunks one is done, one leased, two ready. */
  JobId running() {
    String model = UUID.randomUUID().toString();
    JobId job = prepared(model, 4);
    await(store.commit(transcribed(lease(model, 1).getFirst())));
    lease(model, 1);
    return job;
  }
}
