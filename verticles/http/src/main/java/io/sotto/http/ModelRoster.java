package io.sotto.http;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.ModelFacts;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.List;
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
  static final long HEARD_MS_MAX = 5_000;

  private static final long WORKER_LIVES_NANOS = TimeUnit.MILLISECONDS.toNanos(HEARD_MS_MAX);

  private final String defaultModel;
  private final Map<String, String> aliases;
  private final Map<String, Offered> offered = new TreeMap<>();
  private final Map<NodeId, Heard> workers = new HashMap<>();
  private final long sinceStart = now();

  private @Nullable Long heardNanos;

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
    heardNanos = System.nanoTime();
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
    return workers().stream()
        .mapToDouble(offer -> offer.speed() * Math.max(1, offer.slots() - offer.freeSlots()))
        .sum();
  }

  /** What each worker that was heard of late said last. */
  List<WorkerOffer> workers() {
    long now = System.nanoTime();
    workers.values().removeIf(heard -> now - heard.nanos > WORKER_LIVES_NANOS);
    return workers.values().stream().map(Heard::offer).toList();
  }

  /** How long ago the last offer of anybody came over the bus; null before the first. */
  @Nullable Long silentMs() {
    Long heard = heardNanos;
    return heard == null ? null : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - heard);
  }

  /** The models that workers offer now, with all that any of them says of each, by name. */
  List<OfferedModel> offered() {
    Map<String, List<WorkerOffer>> byName = new TreeMap<>();
    for (WorkerOffer offer : workers()) {
      offer.models().forEach(n -> byName.computeIfAbsent(n, first -> new ArrayList<>()).add(offer));
    }
    List<OfferedModel> offered = new ArrayList<>();
    byName.forEach((name, offers) -> offered.add(merged(name, offers)));
    return offered;
  }

  /** Workers may hold different builds of a model: what all of them can do is told. */
  private static OfferedModel merged(String name, List<WorkerOffer> offers) {
    Map<String, DoubleSummaryStatistics> speeds = new TreeMap<>();
    List<ModelFacts> all = new ArrayList<>();
    for (WorkerOffer offer : offers) {
      for (ModelFacts facts : offer.facts()) {
        if (facts.name().equals(name)) {
          all.add(facts);
          if (facts.speed() > 0) {
            speeds
                .computeIfAbsent(offer.device(), first -> new DoubleSummaryStatistics())
                .accept(facts.speed());
          }
        }
      }
    }
    ModelFacts least = all.stream().min(Comparator.comparing(ModelFacts::languages)).orElse(null);
    Map<String, Double> means = new TreeMap<>();
    speeds.forEach((device, measured) -> means.put(device, measured.getAverage()));
    return new OfferedModel(
        name,
        least == null ? null : least.bytes(),
        least == null ? null : least.precision(),
        least == null ? null : least.languages(),
        all.stream().map(ModelFacts::beamMax).min(Comparator.naturalOrder()).orElse(null),
        offers.size(),
        means);
  }

  /** Chooses among what is offered now, where a request leaves it to the server. */
  ModelChooser chooser() {
    return new ModelChooser(offered(), defaultModel);
  }

  String defaultModel() {
    return defaultModel;
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
