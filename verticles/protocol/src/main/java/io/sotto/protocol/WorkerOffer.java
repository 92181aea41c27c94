package io.sotto.protocol;

import java.util.List;

/**
 * A worker, the models it has or loads when they are wanted, and how many chunks it could take now.
 * {@code speed} is audio seconds per second of wall time as measured by the worker, 0 until it has
 * transcribed something.
 */
public record WorkerOffer(
    NodeId node, String device, List<String> models, int slots, int freeSlots, double speed)
    implements ClusterMessage.Offer {
  public WorkerOffer {
    models = List.copyOf(models);
  }
}
