package io.sotto.http;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The models that workers offer now, and how fast they are. Before the first offer arrives only the
 * default is known, so that a node answers while its cluster still gathers.
 */
final class ModelRoster {
  private static final String OPENAI_ALIAS = "whisper-1";
  private static final long OFFER_LASTS_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Workers offer every second; one that has not for so long is not counted on. */
  private static final long WORKER_LIVES_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String defaultModel;
  private final Map<String, Long> lastOffered = new TreeMap<>();
  private final Map<NodeId, Heard> workers = new HashMap<>();

  private record Heard(WorkerOffer offer, long nanos) {}

  ModelRoster(String defaultModel) {
    this.defaultModel = defaultModel;
  }

  Future<Registration> listen(ClusterBus bus) {
    return bus.subscribe(Addresses.OFFERS, this::hear);
  }

  private void hear(Offer offer) {
    if (offer instanceof WorkerOffer worker) {
      worker.models().forEach(model -> lastOffered.put(model, System.nanoTime()));
      workers.put(worker.node(), new Heard(worker, System.nanoTime()));
    }
  }

  /**
   * Audio seconds per second of all workers that were heard of late; 0 while none has measured any.
   * A worker's speed is that of one chunk beside the others it has, so that it counts once for
   * each.
   */
  double speed() {
    long now = System.nanoTime();
    workers.values().removeIf(heard -> now - heard.nanos > WORKER_LIVES_NANOS);
    return workers.values().stream()
        .map(Heard::offer)
        .mapToDouble(offer -> offer.speed() * Math.max(1, offer.slots() - offer.freeSlots()))
        .sum();
  }

  Set<String> names() {
    long now = System.nanoTime();
    lastOffered.values().removeIf(at -> now - at > OFFER_LASTS_NANOS);
    Set<String> names = new java.util.TreeSet<>(lastOffered.keySet());
    names.add(defaultModel);
    return names;
  }

  /** The model a client means; 404 for one that nobody has. */
  String resolve(@org.jspecify.annotations.Nullable String asked) {
    if (asked == null || asked.equals(OPENAI_ALIAS) || asked.equals("auto")) {
      return defaultModel;
    }
    if (!names().contains(asked)) {
      throw new ApiError(
          404,
          "unknown_model",
          "model",
          "no worker has the model " + asked + "; there are " + String.join(", ", names()));
    }
    return asked;
  }
}
