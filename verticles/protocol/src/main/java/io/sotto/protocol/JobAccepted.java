package io.sotto.protocol;

/** A job row was committed; a scheduler need not wait for its next poll. */
public record JobAccepted(JobId job) implements ClusterMessage.Hint {}
