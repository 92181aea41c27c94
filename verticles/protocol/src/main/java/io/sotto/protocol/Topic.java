package io.sotto.protocol;

/** A place on the bus that everyone who listens hears, and nobody answers. */
public record Topic<M extends ClusterMessage>(String name, Class<M> type) {}
