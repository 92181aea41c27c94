package io.sotto.scheduler;

import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Suspect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which workers are given a chunk that must be alone: those that have nothing in hand, and
 * when there is none for too long one that is to make room. Pure; times are nanoseconds of a
 * monotonic clock.
 */
final class SoloPlan {
  /** So long a worker that makes room is waited for, before another is asked. */
  static final Duration ROOM = Duration.ofSeconds(60);

  /** Claim a suspect for {@code worker}; {@code evenBusy} asks it to make room. */
  record Step(WorkerOffer worker, boolean evenBusy) {}

  private final Roster<WorkerOffer, ?> workers;
  private final Roster<IngestOffer, ?> ingests;
  private final Duration patience;
  private @Nullable NodeId room;
  private long roomEnds;

  /** After {@code patience} without an idle worker one is asked to make room. */
  SoloPlan(Roster<WorkerOffer, ?> workers, Roster<IngestOffer, ?> ingests, Duration patience) {
    this.workers = workers;
    this.ingests = ingests;
    this.patience = patience;
  }

  /** Whom to claim for, in this order, while suspects are left. Never more than one each. */
  List<Step> steps(List<Suspect> waiting, long now) {
    Set<String> models = waiting.stream().map(Suspect::model).collect(Collectors.toSet());
    boolean late = waiting.getFirst().waited().compareTo(patience) >= 0;
    List<WorkerOffer> idle = workers.idle(now);
    List<Step> steps = new ArrayList<>();
    idle.stream()
        .filter(worker -> serves(worker, models) && (late || preparesNothing(worker, now)))
        .forEach(worker -> steps.add(new Step(worker, false)));
    List<WorkerOffer> busy =
        workers.offers().stream()
            .filter(worker -> serves(worker, models) && !idle.contains(worker))
            .toList();
    Optional<WorkerOffer> asked = busy.stream().filter(worker -> makesRoom(worker, now)).findAny();
    if (asked.isPresent()) {
      steps.add(new Step(asked.get(), false));
    } else if (late) {
      leastBusy(busy).ifPresent(worker -> steps.add(new Step(worker, true)));
    }
    return steps;
  }

  private static boolean serves(WorkerOffer worker, Set<String> models) {
    return worker.models().stream().anyMatch(models::contains);
  }

  /** What a process prepares would go down with it, and be charged for that. */
  private boolean preparesNothing(WorkerOffer worker, long now) {
    return !ingests.present(worker.node())
        || ingests.idle(now).stream().anyMatch(ingest -> ingest.node().equals(worker.node()));
  }

  private boolean makesRoom(WorkerOffer worker, long now) {
    return worker.node().equals(room) && now - roomEnds < 0;
  }

  /** One that was asked before and did not get empty is asked again only if it is the only one. */
  private Optional<WorkerOffer> leastBusy(List<WorkerOffer> busy) {
    return busy.stream()
        .min(
            Comparator.<WorkerOffer, Boolean>comparing(worker -> worker.node().equals(room))
                .thenComparing(worker -> worker.slots() - worker.freeSlots()));
  }

  /** {@code worker} refused a suspect since it is not alone: it takes nothing else meanwhile. */
  void makesRoom(NodeId worker, long now) {
    room = worker;
    roomEnds = now + ROOM.toNanos();
  }
}
