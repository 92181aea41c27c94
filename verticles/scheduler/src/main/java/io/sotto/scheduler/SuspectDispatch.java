package io.sotto.scheduler;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Suspect;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives chunks that two nodes died over to workers that have nothing else in hand: the guilty of
 * them takes nobody along, and those that only were beside it pass. One scheduler at a time does
 * it; all hold back the worker that it names. docs/adr/0014-poison.md says why it is done like
 * this.
 */
final class SuspectDispatch {
  private static final Logger LOG = LoggerFactory.getLogger(SuspectDispatch.class);
  private static final String DUTY = "suspects";

  /** Its holder is the worker that gets nothing in turn. */
  private static final String HELD_BACK = "held-back";

  /** How long a suspect waits for a worker that is idle by itself. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Renewed every second while a suspect waits; outlives a scheduler that died by this. */
  private static final Duration HOLD = Duration.ofSeconds(4);

  private static final int SUSPECTS_MAX = 64;

  private final Means means;
  private final NodeLease lease;
  private final Roster<WorkerOffer, ChunkId> workers;
  private final ChunkDispatch chunks;
  private final SoloPlan plan;

  SuspectDispatch(
      Means means,
      NodeLease lease,
      Roster<WorkerOffer, ChunkId> workers,
      Roster<IngestOffer, JobId> ingests,
      ChunkDispatch chunks) {
    this.means = means;
    this.lease = lease;
    this.workers = workers;
    this.chunks = chunks;
    this.plan = new SoloPlan(workers, ingests, PATIENCE);
  }

  /** One round. Awaits the store. A scheduler that hears no worker leaves the duty to others. */
  void round() {
    if (workers.size() == 0 || !lease.trusted()) {
      return;
    }
    JobStore jobs = means.jobs();
    List<Suspect> waiting = jobs.suspects(SUSPECTS_MAX).await();
    if (waiting.isEmpty()) {
      workers.holdBack(null);
      return;
    }
    NodeId held = jobs.leader(HELD_BACK).await().orElse(null);
    workers.holdBack(held);
    if (jobs.lead(DUTY, means.node(), means.options().times().dutyLease()).await()
        && give(waiting) < waiting.size()) {
      holdBack(waiting, held);
    }
  }

  /** How many were given away. */
  private int give(List<Suspect> waiting) {
    int given = 0;
    for (WorkerOffer worker : plan.idle(waiting, means.nanos().getAsLong())) {
      if (given < waiting.size() && lease.trusted() && give(worker)) {
        given++;
      }
    }
    return given;
  }

  private boolean give(WorkerOffer worker) {
    workers.hush(worker.node());
    Duration deadline = Deadlines.of(worker.speed(), means.options().times());
    Optional<Lease> claimed =
        means.jobs().claimSuspect(means.node(), worker.node(), worker.models(), deadline).await();
    claimed.ifPresent(
        chunk -> {
          means.meters().isolated();
          chunks.send(worker.node(), chunk, deadline, true);
        });
    return claimed.isPresent();
  }

  private void holdBack(List<Suspect> waiting, @Nullable NodeId held) {
    Optional<NodeId> next = plan.heldBack(waiting, held, means.nanos().getAsLong());
    if (next.isPresent() && means.jobs().lead(HELD_BACK, next.get(), HOLD).await()) {
      workers.holdBack(next.get());
      if (!next.get().equals(held)) {
        LOG.info("worker held back for a chunk that must be alone node={}", next.get());
      }
    }
  }
}
