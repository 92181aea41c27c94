package io.sotto.scheduler;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobState;
import io.sotto.storage.JobStore.Swept;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back what is overdue in the whole cluster; one scheduler at a time does it. Safe if two do:
 * the store moves only what is still overdue.
 */
final class LeaseSweeper {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseSweeper.class);
  private static final String DUTY = "sweeper";

  /** Batches a round: a backlog of thousands is worked off without starving the lead. */
  private static final int BATCHES_MAX = 20;

  private final Means means;
  private final NodeLease lease;
  private final Runnable released;

  LeaseSweeper(Means means, NodeLease lease, Runnable released) {
    this.means = means;
    this.lease = lease;
    this.released = released;
  }

  /** One round. Awaits the store. */
  void round() {
    var dutyLease = means.options().times().dutyLease();
    if (!lease.trusted() || !means.jobs().lead(DUTY, means.node(), dutyLease).await()) {
      return;
    }
    int limit = means.options().limits().sweep();
    int batches = 0;
    while (batches < BATCHES_MAX && sweep(limit) >= limit) {
      batches++;
    }
  }

  private int sweep(int limit) {
    Swept swept = means.jobs().sweep(limit).await();
    if (swept.released() == 0 && swept.failed().isEmpty()) {
      return 0;
    }
    means.meters().released(SchedulerMeters.Loss.OVERDUE, swept.released());
    means.meters().failed(FailureCode.TIMEOUT.code(), swept.failed().size());
    LOG.warn("overdue work given back: released={} failed={}", swept.released(), swept.failed());
    swept.failed().forEach(job -> means.announce(job, JobState.FAILED));
    released.run();
    return swept.released();
  }
}
