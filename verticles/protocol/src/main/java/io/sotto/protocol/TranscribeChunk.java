package io.sotto.protocol;

/**
 * Fetch the chunk at {@code url} (a presigned GET), check it against {@code sha256}, transcribe it
 * and report to {@code scheduler} under {@code attempt}, within {@code limitMs} from receipt.
 */
public record TranscribeChunk(
    ChunkId chunk,
    int attempt,
    NodeId scheduler,
    Span span,
    String url,
    String sha256,
    TranscriptionOptions options,
    long limitMs)
    implements ClusterMessage.WorkerCommand {}
