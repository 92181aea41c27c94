package io.sotto.protocol;

/**
 * The result of one attempt at a chunk. The worker keeps it until a scheduler has acknowledged it.
 */
public record ChunkTranscribed(ChunkId chunk, int attempt, NodeId node, ChunkTranscript transcript)
    implements ClusterMessage.SchedulerReport {}
