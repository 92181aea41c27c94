package io.sotto.http;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.WorkerOffer;
import io.vertx.core.Future;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The models that workers offer now. Before the first offer arrives only the default is known, so
 * that a node answers while its cluster still gathers.
 */
final class ModelRoster {
  private static final String OPENAI_ALIAS = "whisper-1";
  private static final long OFFER_LASTS_NANOS = TimeUnit.SECONDS.toNanos(30);
  private final String defaultModel;
  private final Map<String, Long> lastOffered = new TreeMap<>();

  ModelRoster(String defaultModel) {
    this.defaultModel = defaultModel;
  }

  Future<Registration> listen(ClusterBus bus) {
    return bus.subscribe(Addresses.OFFERS, this::hear);
  }

  private void hear(Offer offer) {
    if (offer instanceof WorkerOffer worker) {
      worker.models().forEach(model -> lastOffered.put(model, System.nanoTime()));
    }
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
