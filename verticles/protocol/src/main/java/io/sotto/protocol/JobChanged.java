package io.sotto.protocol;

/** A job moved on; whoever waits for it may read PostgreSQL now. */
public record JobChanged(JobId job, JobState state) implements ClusterMessage.Hint {}
