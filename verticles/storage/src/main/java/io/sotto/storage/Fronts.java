package io.sotto.storage;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Where the ready chunks of each tenant and model begin, as far as this process knows. Every chunk
 * that is claimed leaves a dead entry at the front of the index, and while somebody holds an old
 * snapshot all of them stay: a claim that begins at the front it knows passes none of them.
 *
 * <p>What this process makes ready lowers a front at once; what others did is found by looking
 * anew. Looks take a twentieth of the time at most, so that they are frequent (every few
 * milliseconds) while they are cheap, and never rarer than every two seconds: so long, at most, a
 * chunk that another process gave back can be overtaken by later ones of its tenant. Where the
 * known fronts give nothing, a claim looks at once.
 */
final class Fronts {
  /** A look that takes longer is not waited for, as long as something is known. */
  private static final long QUICK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Of a scheduler that records and never claims, or of very many tenants. */
  private static final int PLACES_MAX = 1 << 16;

  private static final int REST_FOR_EACH = 20;
  private static final long REST_NANOS_MAX = TimeUnit.SECONDS.toNanos(2);

  private final LongSupplier nanos;
  private Map<Queue, Place> places = new HashMap<>();
  private double started;
  private long changes;
  private long unsure;
  private long looked = -1;
  private int looking;
  private long tookNanos;
  private long nextNanos;

  /** {@code nanos} is a monotonic clock. */
  Fronts(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** The chunks of a tenant for a model. */
  record Queue(long tenant, String model) {}

  /** No chunk of {@code queue} that is ready has a smaller {@code vtime}. */
  record Front(Queue queue, long vtime) {}

  /** {@code changed}: when it was last lowered, counted in changes. */
  private record Place(long vtime, long changed) {
    Place earlier(Place other) {
      return new Place(Math.min(vtime, other.vtime), Math.max(changed, other.changed));
    }
  }

  /** What a claim goes by: fronts, when they changed, and the latest start of any tenant. */
  record Known(List<Front> fronts, List<Long> changed, double started) {
    boolean nothing() {
      return fronts.isEmpty();
    }
  }

  /** A look that is under way: it sees what happened up to {@code changes}, and maybe more. */
  record Look(long changes, long begunNanos) {}

  synchronized Known known(Collection<String> models) {
    List<Queue> queues =
        places.keySet().stream().filter(queue -> models.contains(queue.model)).toList();
    return new Known(
        queues.stream().map(queue -> new Front(queue, places.get(queue).vtime)).toList(),
        queues.stream().map(queue -> places.get(queue).changed).toList(),
        started);
  }

  /**
   * A claim that went by {@code from} took chunks of which {@code firsts} are the earliest, the
   * last at {@code turn}. A front that was lowered meanwhile stays: the claim may not have seen
   * why.
   */
  synchronized void claimed(Known from, Map<Queue, Long> firsts, double turn) {
    started = Math.max(started, turn);
    for (int i = 0; i < from.fronts.size(); i++) {
      Queue queue = from.fronts.get(i).queue;
      Long first = firsts.get(queue);
      Place now = places.get(queue);
      if (first != null && now != null && now.changed == from.changed.get(i)) {
        places.put(queue, new Place(Math.max(first, now.vtime), now.changed));
      }
    }
  }

  /** Chunks became ready, the first of them there; call it when that is committed. */
  synchronized void ready(Front front) {
    if (places.size() >= PLACES_MAX) {
      places = new HashMap<>();
      unsure();
    }
    places.merge(front.queue, new Place(front.vtime, ++changes), Place::earlier);
  }

  /** Chunks became ready somewhere: the next claim looks first. */
  synchronized void unsure() {
    unsure = ++changes;
  }

  /** Whether a claim should look first, or beside it. */
  synchronized boolean due() {
    return looked < unsure || looking == 0 && nanos.getAsLong() - nextNanos >= 0;
  }

  /** Whether a look may go on beside claims that do not wait for it. */
  synchronized boolean slow() {
    return looked >= unsure && tookNanos > QUICK_NANOS;
  }

  synchronized Look begin() {
    looking++;
    return new Look(changes, nanos.getAsLong());
  }

  /** {@code latest}: the start of the tenant that began last. */
  synchronized void end(Look look, Collection<Front> found, double latest) {
    Map<Queue, Place> now = new HashMap<>();
    found.forEach(front -> now.put(front.queue, seen(front)));
    places.forEach(
        (queue, place) -> {
          if (place.changed > look.changes) {
            now.merge(queue, place, Place::earlier);
          }
        });
    places = now;
    started = Math.max(started, latest);
    looked = Math.max(looked, look.changes);
    over(look);
  }

  private Place seen(Front front) {
    Place before = places.get(front.queue);
    boolean lowered = before == null || front.vtime < before.vtime;
    return new Place(front.vtime, lowered ? ++changes : before.changed);
  }

  /** As it ends in every ending. */
  synchronized void over(Look look) {
    looking--;
    long now = nanos.getAsLong();
    tookNanos = now - look.begunNanos;
    nextNanos = now + Math.min(tookNanos * REST_FOR_EACH, REST_NANOS_MAX);
  }
}
