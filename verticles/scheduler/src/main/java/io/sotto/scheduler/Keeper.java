package io.sotto.scheduler;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.JobId;
import io.sotto.scheduler.SchedulerMeters.Kept;
import io.sotto.storage.RetentionStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what was kept for as long as its tenant wants it kept: jobs, which the {@link
 * AudioCleaner} then erases, recordings of jobs that stay, and objects without a job. One scheduler
 * at a time does it; doing it twice does no harm.
 */
final class Keeper {
  private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
  private static final String DUTY = "retention";

  private final Means means;
  private final NodeLease lease;
  private final RetentionStore retention;
  private final OrphanCollector orphans;

  Keeper(Means means, NodeLease lease) {
    this.means = means;
    this.lease = lease;
    this.retention = means.jobs().retention();
    this.orphans = new OrphanCollector(means);
  }

  /** One round. Awaits the stores. */
  void round() {
    if (!leads()) {
      orphans.forget();
      return;
    }
    int limit = means.options().limits().clean();
    expire(limit);
    worn(limit);
    orphans.step();
  }

  private boolean leads() {
    var dutyLease = means.options().times().dutyLease();
    return lease.trusted() && means.jobs().lead(DUTY, means.node(), dutyLease).await();
  }

  /** No more a round than the cleaner takes on: a backlog of years waits in its rows. */
  private void expire(int limit) {
    SchedulerOptions.Retention options = means.options().retention();
    for (JobId job : retention.expired(options.usual(), limit).await()) {
      if (retention.expire(job, options.usual(), options.witness()).await().isPresent()) {
        means.meters().expired(Kept.JOB, 1);
        LOG.info("kept long enough, deleted job={}", job);
      }
    }
  }

  /** The object first: a row that says so of an object that is there would hide it for ever. */
  private void worn(int limit) {
    SchedulerOptions.Retention options = means.options().retention();
    for (JobId job : retention.worn(options.usual(), limit).await()) {
      means.audio().delete(AudioKey.upload(job)).await();
      retention.uploadGone(job, options.witness()).await();
      means.meters().expired(Kept.AUDIO, 1);
      LOG.info("kept long enough, audio deleted job={}", job);
    }
  }
}
