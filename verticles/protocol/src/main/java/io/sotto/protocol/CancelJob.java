package io.sotto.protocol;

/** Stop the chunks of {@code job}: nobody will take their results. */
public record CancelJob(JobId job) implements ClusterMessage.WorkerCommand {}
