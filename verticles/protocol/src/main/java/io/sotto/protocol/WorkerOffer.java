package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A worker, the models it has or loads when they are wanted, and how many chunks it could take now.
 * {@code speed} is audio seconds per second of wall time as measured by the worker, 0 until it has
 * transcribed something. {@code facts} say more of models, of those that the worker knows more of.
 * {@code feeder} is the scheduler that may fill the free slots; {@link NodeId#NOBODY}: any may send
 * one chunk, to become it; null, of a node of before: any may fill them.
 */
public record WorkerOffer(
    NodeId node,
    String device,
    List<String> models,
    int slots,
    int freeSlots,
    double speed,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ModelFacts> facts,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable NodeId feeder)
    implements ClusterMessage.Offer {
  public WorkerOffer {
    models = List.copyOf(models);
    // a node of before knows of none
    facts = facts == null ? List.of() : List.copyOf(facts);
  }

  /** Of whose models nothing but the names is known, and whose slots anybody may fill. */
  public WorkerOffer(
      NodeId node, String device, List<String> models, int slots, int freeSlots, double speed) {
    this(node, device, models, slots, freeSlots, speed, List.of(), null);
  }
}
