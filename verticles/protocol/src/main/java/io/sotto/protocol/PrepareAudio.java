package io.sotto.protocol;

import org.jspecify.annotations.Nullable;

/**
 * Decode the upload at {@code sourceUrl} (a presigned GET), cut it into chunks, store them under
 * {@link AudioKey#chunkPrefix} and report them to {@code scheduler} under {@code attempt}. What was
 * stored had {@code sourceBytes} and {@code sourceSha256}, null when a node of before sends it.
 */
public record PrepareAudio(
    JobId job,
    int attempt,
    NodeId scheduler,
    String sourceUrl,
    long sourceBytes,
    @Nullable String sourceSha256)
    implements ClusterMessage.IngestCommand {}
