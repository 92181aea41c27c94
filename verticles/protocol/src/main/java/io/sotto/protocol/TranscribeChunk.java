package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * Fetch the chunk at {@code url} (a presigned GET), check it against {@code sha256}, transcribe it
 * and report to {@code scheduler} under {@code attempt}, within {@code limitMs} from receipt. With
 * {@code alone} only while nothing else is in hand, since it may bring the process down; a worker
 * of before does not know of that, and takes it beside others.
 */
public record TranscribeChunk(
    ChunkId chunk,
    int attempt,
    NodeId scheduler,
    Span span,
    String url,
    String sha256,
    TranscriptionOptions options,
    long limitMs,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Boolean alone)
    implements ClusterMessage.WorkerCommand {

  /** Beside whatever else there is. */
  public TranscribeChunk(
      ChunkId chunk,
      int attempt,
      NodeId scheduler,
      Span span,
      String url,
      String sha256,
      TranscriptionOptions options,
      long limitMs) {
    this(chunk, attempt, scheduler, span, url, sha256, options, limitMs, null);
  }

  /** The same work, to be done with nothing else in hand. */
  public TranscribeChunk byItself() {
    return new TranscribeChunk(
        chunk, attempt, scheduler, span, url, sha256, options, limitMs, true);
  }

  /** Whether nothing else may be in hand beside it. */
  public boolean solitary() {
    return Boolean.TRUE.equals(alone);
  }
}
