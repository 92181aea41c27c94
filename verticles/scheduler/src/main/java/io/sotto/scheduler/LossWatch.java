package io.sotto.scheduler;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Swept;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices nodes that fell silent and gives their work back at once, except what other schedulers
 * gave them that live: these may hear them. They are remembered while there is such work, or the
 * store is away; one that returns before is left its work.
 */
final class LossWatch {
  private static final Logger LOG = LoggerFactory.getLogger(LossWatch.class);

  private final Means means;
  private final Roster<WorkerOffer, ChunkId> workers;
  private final Roster<IngestOffer, JobId> ingests;
  private final Runnable released;
  private final Set<NodeId> lost = new LinkedHashSet<>();

  /** Of those, whose loss has been told. */
  private final Set<NodeId> noticed = new HashSet<>();

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
    int free = workers.offers().stream().mapToInt(WorkerOffer::freeSlots).sum();
    means.meters().capacity(workers.size(), ingests.size(), free, speed());
    noticed.retainAll(lost);
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
    SchedulerOptions.Times times = means.options().times();
    Duration fresh = times.nodeLease().minus(times.silence());
    Swept swept = means.jobs().releaseWork(means.node(), silent, fresh).await();
    if (swept.left() == 0) {
      silent.forEach(lost::remove);
    }
    long news = silent.stream().filter(noticed::add).count();
    if (news > 0 || swept.released() > 0 || !swept.failed().isEmpty()) {
      tell(silent, (int) news, swept);
    }
  }

  private void tell(List<NodeId> silent, int news, Swept swept) {
    means.meters().nodesLost(news);
    means.meters().released(SchedulerMeters.Loss.NODE, swept.released());
    means.meters().failed(FailureCode.TIMEOUT.code(), swept.failed().size());
    LOG.warn(
        "nodes lost, work given back: node={} released={} left_to_others={} jobs_failed={}",
        silent,
        swept.released(),
        swept.left(),
        swept.failed());
    swept.failed().forEach(job -> means.announce(job, JobState.FAILED));
    released.run();
  }
}
