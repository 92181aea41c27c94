package io.sotto.protocol;

import java.time.Duration;

/**
 * A place on the bus that answers: what it takes, what it replies, and how long a caller waits for
 * that.
 */
public record Address<Q extends ClusterMessage, R extends ClusterMessage>(
    String name, Class<Q> request, Class<R> reply, Duration timeout) {}
