package io.sotto.scheduler;

import io.sotto.storage.JobStore;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This incarnation's entry in the register of nodes. Trusted by the monotonic clock, from before
 * the store was asked and somewhat shorter than the store counts: a process that was frozen finds
 * its trust run out when it wakes, before it asks anybody.
 */
final class NodeLease {
  private static final Logger LOG = LoggerFactory.getLogger(NodeLease.class);

  private final Means means;
  private final JobStore jobs;
  private final LongSupplier nanos;
  private boolean registered;
  private boolean distrusted;
  private long trustedUntil;

  NodeLease(Means means) {
    this.means = means;
    this.jobs = means.jobs();
    this.nanos = means.nanos();
    this.trustedUntil = nanos.getAsLong();
  }

  /** Whether this node may claim and dispatch now. */
  boolean trusted() {
    boolean trusted = registered && nanos.getAsLong() - trustedUntil < 0;
    means.meters().trusted(trusted);
    if (!trusted && registered && !distrusted) {
      distrusted = true;
      means.meters().leaseLost();
      LOG.warn("lease not renewed in time: claiming stops node={}", means.node());
    }
    return trusted;
  }

  /** One beat: renews the lease, or enters the node anew when it has run out. Awaits the store. */
  void beat() {
    SchedulerOptions.Times times = means.options().times();
    long asked = nanos.getAsLong();
    if (registered && !jobs.renew(means.node(), times.nodeLease()).await()) {
      registered = false;
      LOG.warn("lease ran out, others may have taken the work: node={}", means.node());
      asked = nanos.getAsLong();
    }
    if (!registered) {
      SchedulerOptions options = means.options();
      jobs.register(means.node(), options.roles(), options.version(), times.nodeLease()).await();
      registered = true;
      LOG.info("lease taken node={}", means.node());
    }
    distrusted = false;
    means.meters().trusted(true);
    trustedUntil = asked + times.nodeLease().minus(times.leaseMargin()).toNanos();
  }

  /** Leaves the register. Awaits the store. */
  void end() {
    boolean held = registered;
    registered = false;
    means.meters().trusted(false);
    if (held) {
      jobs.deregister(means.node()).await();
      LOG.info("lease given up node={}", means.node());
    }
  }
}
