package io.sotto.protocol;

/** An ingest node and how many recordings it could begin to prepare now. */
public record IngestOffer(NodeId node, int slots, int freeSlots) implements ClusterMessage.Offer {}
