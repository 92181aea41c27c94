package io.sotto.testkit;

import io.sotto.protocol.ChunkState;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.storage.JobStore.ChunkResult;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@link FakeJobStore} holds of a job at one moment: what the invariants speak of. */
public record JobRow(
    JobId id,
    JobState state,
    int attempt,
    int fails,
    int deaths,
    @Nullable NodeId ingest,
    @Nullable Integer total,
    int done,
    List<Chunk> chunks) {

  /** One of its chunks, with its result when it is done. */
  public record Chunk(
      int seq,
      ChunkState state,
      int attempt,
      int fails,
      int deaths,
      @Nullable NodeId owner,
      @Nullable NodeId worker,
      @Nullable ChunkResult result) {}
}
