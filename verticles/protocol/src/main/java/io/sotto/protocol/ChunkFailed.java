package io.sotto.protocol;

/**
 * One attempt at a chunk failed. {@code charged} is false when the chunk is handed back unharmed (a
 * node that drains), so that no budget is spent.
 */
public record ChunkFailed(
    ChunkId chunk, int attempt, NodeId node, FailureCode code, String reason, boolean charged)
    implements ClusterMessage.SchedulerReport {}
