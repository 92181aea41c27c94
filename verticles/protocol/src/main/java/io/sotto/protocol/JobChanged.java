package io.sotto.protocol;

/**
 * A job moved on, be it by one more chunk or to another state; whoever waits for it or follows it
 * may read PostgreSQL now.
 */
public record JobChanged(JobId job, JobState state) implements ClusterMessage.Hint {}
