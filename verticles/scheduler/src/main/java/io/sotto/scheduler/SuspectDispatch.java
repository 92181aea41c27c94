package io.sotto.scheduler;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Suspect;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Gives chunks that two nodes died over to workers one by one, each alone: the guilty of them takes
 * nobody along, and those that only were beside it pass. One scheduler at a time does it; if two do,
 * a worker refuses the second. docs/adr/0014-poison.md says why it is done like this.
 */
final class SuspectDispatch {
  private static final String DUTY = "suspects";

  /** How long a suspect waits for a worker that is idle by itself. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

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
    List<Suspect> waiting = means.jobs().suspects(SUSPECTS_MAX).await();
    if (waiting.isEmpty() || !leads()) {
      return;
    }
    int left = waiting.size();
    Iterator<SoloPlan.Step> steps = plan.steps(waiting, means.nanos().getAsLong()).iterator();
    while (left > 0 && steps.hasNext() && lease.trusted()) {
      left -= give(steps.next()) ? 1 : 0;
    }
  }

  private boolean leads() {
    return means.jobs().lead(DUTY, means.node(), means.options().times().dutyLease()).await();
  }

  private boolean give(SoloPlan.Step step) {
    WorkerOffer worker = step.worker();
    workers.hush(worker.node());
    Duration deadline = Deadlines.of(worker.speed(), means.options().times());
    Optional<Lease> claimed =
        means
            .jobs()
            .claimSuspect(
                means.node(), worker.node(), worker.models(), step.evenBusy(), deadline)
            .await();
    claimed.ifPresent(chunk -> send(worker.node(), chunk, deadline));
    return claimed.isPresent();
  }

  private void send(NodeId worker, Lease chunk, Duration deadline) {
    means.meters().isolated();
    chunks
        .send(worker, chunk, deadline, true)
        .onFailure(
            why -> {
              if (SottoException.of(why).code() == FailureCode.WORKER_FULL) {
                plan.makesRoom(worker, means.nanos().getAsLong());
              }
            });
  }
}
