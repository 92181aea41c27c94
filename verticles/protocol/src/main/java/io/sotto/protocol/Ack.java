package io.sotto.protocol;

/**
 * The answer to a command or report: taken on. A refusal is a failed reply with a {@link
 * FailureCode}.
 */
public record Ack() implements ClusterMessage {}
