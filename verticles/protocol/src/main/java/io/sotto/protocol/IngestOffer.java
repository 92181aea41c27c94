package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * An ingest node and how many recordings it could begin to prepare now; {@code feeder} as in {@link
 * WorkerOffer}.
 */
public record IngestOffer(
    NodeId node,
    int slots,
    int freeSlots,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable NodeId feeder)
    implements ClusterMessage.Offer {

  /** Whose slots anybody may fill. */
  public IngestOffer(NodeId node, int slots, int freeSlots) {
    this(node, slots, freeSlots, null);
  }
}
