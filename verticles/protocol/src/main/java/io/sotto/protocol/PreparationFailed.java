package io.sotto.protocol;

/** The recording could not be prepared; {@code code} says whether another attempt can help. */
public record PreparationFailed(
    JobId job, int attempt, NodeId node, FailureCode code, String reason)
    implements ClusterMessage.SchedulerReport {}
