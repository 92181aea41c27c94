package io.sotto.scheduler;

import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Suspect;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which workers are given a chunk that must be alone: those that have nothing in hand; and
 * which is held back, so that it gets empty, when there is none for too long. Pure; times are
 * nanoseconds of a monotonic clock.
 */
final class SoloPlan {
  /** A worker that did not get empty within this is let go, and another is held back. */
  static final Duration HOLD_MAX = Duration.ofSeconds(60);

  private final Roster<WorkerOffer, ?> workers;
  private final Roster<IngestOffer, ?> ingests;
  private final Duration patience;
  private @Nullable NodeId held;
  private long heldSince;

  /** {@code patience}: how long an idle worker is waited for. */
  SoloPlan(Roster<WorkerOffer, ?> workers, Roster<IngestOffer, ?> ingests, Duration patience) {
    this.workers = workers;
    this.ingests = ingests;
    this.patience = patience;
  }

  /** Who is given one of {@code waiting} each, while there are any. */
  List<WorkerOffer> idle(List<Suspect> waiting, long now) {
    Set<String> models = models(waiting);
    boolean late = late(waiting);
    return workers.idle(now).stream()
        .filter(worker -> serves(worker, models))
        .filter(worker -> late || preparesNothing(worker, now))
        .toList();
  }

  /**
   * Who is to be held back for those of {@code waiting} that are left; {@code nowHeld} is the one
   * that is. Nobody while there is patience.
   */
  Optional<NodeId> heldBack(List<Suspect> waiting, @Nullable NodeId nowHeld, long now) {
    if (nowHeld != null && !nowHeld.equals(held)) {
      held = nowHeld;
      heldSince = now;
    }
    Set<String> models = models(waiting);
    List<WorkerOffer> able =
        workers.offers().stream().filter(worker -> serves(worker, models)).toList();
    boolean stays =
        nowHeld != null
            && now - heldSince < HOLD_MAX.toNanos()
            && able.stream().anyMatch(worker -> worker.node().equals(nowHeld));
    if (stays) {
      return Optional.of(nowHeld);
    }
    return late(waiting) ? leastBusy(able).map(WorkerOffer::node) : Optional.empty();
  }

  private static Set<String> models(List<Suspect> waiting) {
    return waiting.stream().map(Suspect::model).collect(Collectors.toSet());
  }

  private boolean late(List<Suspect> waiting) {
    return waiting.getFirst().waited().compareTo(patience) >= 0;
  }

  private static boolean serves(WorkerOffer worker, Set<String> models) {
    return worker.models().stream().anyMatch(models::contains);
  }

  /** What a process prepares would go down with it, and be charged for that. */
  private boolean preparesNothing(WorkerOffer worker, long now) {
    return !ingests.present(worker.node())
        || ingests.idle(now).stream().anyMatch(ingest -> ingest.node().equals(worker.node()));
  }

  /** The one that was held back in vain comes last. */
  private Optional<WorkerOffer> leastBusy(List<WorkerOffer> able) {
    return able.stream()
        .min(
            Comparator.<WorkerOffer, Boolean>comparing(worker -> worker.node().equals(held))
                .thenComparing(worker -> worker.slots() - worker.freeSlots()));
  }
}
