package io.sotto.http;

import static io.sotto.testkit.Await.await;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import java.time.Duration;
import java.util.List;

/** Ingest, scheduler and worker in a few lines: the oldest job in the store is answered. */
final class FakeCluster {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String SHA = "cd".repeat(32);
  private static final long LENGTH_MS = 10_000;

  private FakeCluster() {}

  /**
   * Answers a job that was accepted with one English segment over ten seconds; false when none was.
   */
  static boolean answer(JobStore jobs, String text, double languageProbability) {
    NodeId node = NodeId.create();
    await(jobs.register(node, "test", "test", LONG));
    List<Preparation> claimed = await(jobs.claimPreparations(node, 1, LONG));
    if (claimed.isEmpty()) {
      return false;
    }
    Preparation job = claimed.getFirst();
    ChunkId id = new ChunkId(job.job(), 0);
    PreparedChunk chunk =
        new PreparedChunk(0, new Span(0, LENGTH_MS), AudioKey.chunk(id), SHA, LENGTH_MS * 32);
    ChunksPrepared.End end = new ChunksPrepared.End(1, LENGTH_MS);
    await(
        jobs.recordChunks(
            new ChunksPrepared(job.job(), job.attempt(), node, List.of(chunk), LENGTH_MS, end),
            LONG));
    Lease lease = await(jobs.claimChunks(node, node, List.of("base"), 1, LONG)).getFirst();
    Segment said = new Segment(0, 10, text, List.of(50364, 400), 0, -0.25, 1.1, 0.02, List.of());
    ChunkTranscript transcript =
        new ChunkTranscript(
            "en",
            languageProbability,
            List.of(said),
            SHA,
            new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
    await(jobs.commit(new ChunkTranscribed(lease.chunk(), lease.attempt(), node, transcript)));
    return true;
  }
}
