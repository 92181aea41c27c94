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
import org.jspecify.annotations.Nullable;

/**
 * The models that workers offer now, and how fast they are. Before the first offer arrives only the
 * default is known, so that a node answers while its cluster still gathers.
 */
final class ModelRoster {
  private static final long OFFER_LASTS_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Workers offer every second; one that has not for so long is not counted on. */
  private static final long WORKER_LIVES_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String defaultModel;
  private final Map<String, String> aliases;
  private final Map<String, Offered> offered = new TreeMap<>();
  private final Map<NodeId, Heard> workers = new HashMap<>();
  private final long sinceStart = now();

  private record Heard(WorkerOffer offer, long nanos) {}

  /** When a model was last offered, and since when it is, in seconds since 1970. */
  private record Offered(long nanos, long since) {}

  /** {@code aliases} are names that clients use for models, by the model that each means. */
  ModelRoster(String defaultModel, Map<String, String> aliases) {
    this.defaultModel = defaultModel;
    this.aliases = new TreeMap<>(aliases);
  }

  private static long now() {
    return System.currentTimeMillis() / 1000;
  }

  Future<Registration> listen(ClusterBus bus) {
    return bus.subscribe(Addresses.OFFERS, this::hear);
  }

  private void hear(Offer offer) {
    if (offer instanceof WorkerOffer worker) {
      worker.models().forEach(this::hear);
      workers.put(worker.node(), new Heard(worker, System.nanoTime()));
    }
  }

  private void hear(String model) {
    Offered before = offered.get(model);
    long since = before == null ? now() : before.since;
    offered.put(model, new Offered(System.nanoTime(), since));
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
    offered.values().removeIf(last -> now - last.nanos > OFFER_LASTS_NANOS);
    Set<String> names = new java.util.TreeSet<>(offered.keySet());
    names.add(defaultModel);
    return names;
  }

  /** Every name that a client may send, with the model it means; a model's own name means it. */
  Map<String, String> all() {
    Set<String> names = names();
    Map<String, String> all = new TreeMap<>(aliases);
    all.values().removeIf(model -> !names.contains(model));
    names.forEach(name -> all.put(name, name));
    return all;
  }

  /** Since when this server knows of {@code model}, in seconds since 1970. */
  long since(String model) {
    Offered known = offered.get(model);
    return known == null ? sinceStart : known.since;
  }

  /** The model a client means; 404 for one that nobody has. */
  String resolve(@Nullable String asked) {
    if (asked == null || asked.equals("auto")) {
      return defaultModel;
    }
    String model = all().get(asked);
    if (model == null) {
      throw new ApiError(
          404,
          "unknown_model",
          "model",
          "no worker has the model " + clip(asked) + "; there are " + String.join(", ", names()));
    }
    return model;
  }

  private static String clip(String name) {
    return name.substring(0, Math.min(100, name.length()));
  }
}
