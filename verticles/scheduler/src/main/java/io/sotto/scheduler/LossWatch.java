package io.sotto.scheduler;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Swept;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices nodes that fell silent and gives their work back at once. While the store is away the
 * lost are remembered; one that returns before is left its work.
 */
final class LossWatch {
  private static final Logger LOG = LoggerFactory.getLogger(LossWatch.class);

  private final Means means;
  private final Roster<WorkerOffer, ChunkId> workers;
  private final Roster<IngestOffer, JobId> ingests;
  private final Runnable released;
  private final Set<NodeId> lost = new LinkedHashSet<>();

  LossWatch(
      Means means,
      Roster<WorkerOffer, ChunkId> workers,
      Roster<IngestOffer, JobId> ingests,
      Runnable released) {
    this.means = means;
    this.workers = workers;
    this.ingests = ingests;
    this.released = released;
  }

  /** One look. Awaits the store when somebody is lost. */
  void look() {
    long now = means.nanos().getAsLong();
    lost.addAll(workers.lost(now));
    lost.addAll(ingests.lost(now));
    // a process that both prepares and transcribes is alive while one of its voices is heard
    lost.removeIf(node -> workers.present(node) || ingests.present(node));
    int free = workers.free(now).stream().mapToInt(Roster.Free::credits).sum();
    means.meters().capacity(workers.size(), ingests.size(), free, speed());
    if (!lost.isEmpty()) {
      release(List.copyOf(lost));
    }
  }

  /** A worker's speed is that of one chunk beside the others it has: it counts once for each. */
  private double speed() {
    return workers.offers().stream()
        .mapToDouble(offer -> offer.speed() * Math.max(1, offer.slots() - offer.freeSlots()))
        .sum();
  }

  private void release(List<NodeId> silent) {
    Swept swept = means.jobs().releaseWork(silent).await();
    silent.forEach(lost::remove);
    means.meters().nodesLost(silent.size());
    means.meters().released(SchedulerMeters.Loss.NODE, swept.released());
    means.meters().failed(FailureCode.TIMEOUT.code(), swept.failed().size());
    LOG.warn(
        "nodes lost, work given back: node={} released={} jobs_failed={}",
        silent,
        swept.released(),
        swept.failed());
    swept.failed().forEach(job -> means.announce(job, JobState.FAILED));
    released.run();
  }
}
