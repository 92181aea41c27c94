package io.sotto.http;

import static io.sotto.testkit.Await.await;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.storage.JobStore.Commit;
import io.sotto.storage.JobStore.Lease;
import io.sotto.testkit.FakeJobStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A job of chunks of ten seconds, and the nodes that do it, step by step. */
final class HandRun {
  static final String SHA = "cd".repeat(32);
  private static final Duration LONG = Duration.ofMinutes(5);
  private final FakeJobStore jobs;
  private final ClusterBus bus;
  private final JobId job;
  private final Map<Integer, Lease> leases;
  final NodeId node = NodeId.create();

  /** Prepares and claims {@code job}, which nobody has touched yet, and does its first chunk. */
  HandRun(FakeJobStore jobs, ClusterBus bus, JobId job, int count) {
    this.jobs = jobs;
    this.bus = bus;
    this.job = job;
    await(jobs.register(node, "test", "test", LONG));
    int attempt = await(jobs.claimPreparations(node, 1, LONG)).getFirst().attempt();
    List<PreparedChunk> chunks = new ArrayList<>();
    for (int seq = 0; seq < count; seq++) {
      Span span = new Span(seq * 10_000L, seq * 10_000L + 10_000);
      chunks.add(new PreparedChunk(seq, span, AudioKey.chunk(new ChunkId(job, seq)), SHA, 10));
    }
    long ms = count * 10_000L;
    ChunksPrepared.End end = new ChunksPrepared.End(count, ms);
    await(jobs.recordChunks(new ChunksPrepared(job, attempt, node, chunks, ms, end), LONG));
    List<Lease> claimed = new ArrayList<>(claim(count));
    Lease first = claimed.getFirst();
    commit(first, " part 0");
    claimed.addAll(claim(count));
    leases = claimed.stream().collect(Collectors.toMap(lease -> lease.chunk().seq(), l -> l));
  }

  private List<Lease> claim(int chunks) {
    return await(jobs.claimChunks(node, node, List.of("base"), chunks, LONG));
  }

  /** Chunk {@code seq} is done, and everybody is told as the scheduler does. */
  void commit(int seq) {
    commit(leases.get(seq), " part " + seq);
  }

  private void commit(Lease lease, String text) {
    Segment segment = new Segment(0, 1, text, List.of(1, 2), 0, -0.1, 1, 0, List.of());
    ChunkTranscript transcript =
        new ChunkTranscript(
            "en", 1, List.of(segment), SHA, new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
    Commit done =
        await(jobs.commit(new ChunkTranscribed(lease.chunk(), lease.attempt(), node, transcript)));
    bus.publish(Addresses.HINTS, new JobChanged(job, done.state()));
  }
}
