package io.sotto.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chunks stored since the last report of this attempt. {@code preparedMs} is how far into the
 * recording decoding has come. {@code end} is null until the last report, which tells the totals; a
 * recording without speech ends with no chunk at all.
 */
public record ChunksPrepared(
    JobId job,
    int attempt,
    NodeId node,
    List<PreparedChunk> chunks,
    long preparedMs,
    @Nullable End end)
    implements ClusterMessage.SchedulerReport {
  public ChunksPrepared {
    chunks = List.copyOf(chunks);
  }

  /** The totals of a prepared recording. */
  public record End(int chunksTotal, long audioMs) {}
}
