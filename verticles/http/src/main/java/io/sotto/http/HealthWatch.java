package io.sotto.http;

import io.sotto.protocol.WorkerOffer;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How the cluster is, as this server sees it, looked at no more than once a second however many ask
 * and however slow the answers are. Lives on the verticle's event loop.
 */
final class HealthWatch {
  private static final long GOOD_FOR_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long CHECK_S_MAX = 2;
  private final Supplier<Future<Void>> database;
  private final Supplier<Future<Void>> storage;
  private final ModelRoster models;
  private final QueueWatch queue;
  private @Nullable Future<Health> last;
  private long lookedNanos;

  HealthWatch(Rooms rooms) {
    this(() -> rooms.jobs().check(), () -> rooms.audio().check(), rooms.models(), rooms.queue());
  }

  private HealthWatch(
      Supplier<Future<Void>> database,
      Supplier<Future<Void>> storage,
      ModelRoster models,
      QueueWatch queue) {
    this.database = database;
    this.storage = storage;
    this.models = models;
    this.queue = queue;
  }

  /** Worse ones later: the whole is as its worst part lets it be. */
  enum Status {
    HEALTHY,
    DEGRADED,
    UNHEALTHY
  }

  /** {@code latencyMs} is null where nothing was asked; {@code reason} where nothing is wrong. */
  record Service(Status status, @Nullable Double latencyMs, @Nullable String reason) {}

  /**
   * Without a store nothing works; without workers, or word from them, jobs are still taken on.
   * {@code queue} is {@link Outlook#UNKNOWN} while the database is away.
   */
  record Health(
      Instant at,
      Service database,
      Service storage,
      Service workers,
      Service bus,
      int active,
      Outlook queue) {
    Status status() {
      return List.of(database, storage, workers, bus).stream()
          .map(Service::status)
          .max(Status::compareTo)
          .orElseThrow();
    }
  }

  Future<Health> now() {
    Future<Health> known = last;
    boolean old = known == null || System.nanoTime() - lookedNanos > GOOD_FOR_NANOS;
    if (known == null || old && known.isComplete()) {
      lookedNanos = System.nanoTime();
      known = look();
      last = known;
    }
    return known;
  }

  private Future<Health> look() {
    Future<Service> asked = check("the database", database);
    Future<Service> stored = check("the audio store", storage);
    Future<Outlook> open = bounded(queue.now()).otherwise(Outlook.UNKNOWN);
    return Future.join(asked, stored, open)
        .map(all -> health(asked.result(), stored.result(), open.result()));
  }

  private Health health(Service asked, Service stored, Outlook open) {
    List<WorkerOffer> workers = models.workers();
    int active = workers.stream().mapToInt(offer -> offer.slots() - offer.freeSlots()).sum();
    return new Health(
        Instant.now(), asked, stored, workers(workers.isEmpty()), bus(), active, open);
  }

  private static Service workers(boolean none) {
    return none
        ? new Service(Status.DEGRADED, null, "no worker has been heard of; jobs wait in the queue")
        : new Service(Status.HEALTHY, null, null);
  }

  /** Offers come every second: how long ago the last one came tells whether the bus carries. */
  private Service bus() {
    Long silentMs = models.silentMs();
    return silentMs == null || silentMs > ModelRoster.HEARD_MS_MAX
        ? new Service(Status.DEGRADED, null, "no offer has come over the event bus of late")
        : new Service(Status.HEALTHY, Double.valueOf(silentMs), null);
  }

  private static Future<Service> check(String what, Supplier<Future<Void>> check) {
    long begun = System.nanoTime();
    return bounded(check.get())
        .map(up -> new Service(Status.HEALTHY, (System.nanoTime() - begun) / 1e6, null))
        .otherwise(
            down ->
                new Service(
                    Status.UNHEALTHY,
                    (System.nanoTime() - begun) / 1e6,
                    what + " does not answer; the log of this node says more"));
  }

  private static <T> Future<T> bounded(Future<T> asked) {
    return asked.timeout(CHECK_S_MAX, TimeUnit.SECONDS);
  }
}
