package io.sotto.protocol;

/**
 * Decode the upload at {@code sourceUrl} (a presigned GET), cut it into chunks, store them under
 * {@link AudioKey#chunkPrefix} and report them to {@code scheduler} under {@code attempt}.
 */
public record PrepareAudio(
    JobId job, int attempt, NodeId scheduler, String sourceUrl, long sourceBytes)
    implements ClusterMessage.IngestCommand {}
