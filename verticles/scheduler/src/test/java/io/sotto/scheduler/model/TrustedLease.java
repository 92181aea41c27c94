package io.sotto.scheduler.model;

/** A scheduler's entry in the register of nodes: after NodeLease. */
final class TrustedLease {
  private final Cluster cluster;
  private final Process me;
  private boolean registered;
  private long trustedUntil;

  TrustedLease(Cluster cluster, Process me) {
    this.cluster = cluster;
    this.me = me;
  }

  /** Whether this node may claim and dispatch now, by its own clock. */
  boolean trusted() {
    return registered
        && (cluster.defect.distrustsNothing() || cluster.world.now() - trustedUntil < 0);
  }

  void beat(Runnable ended) {
    if (!registered) {
      register(ended);
      return;
    }
    long asked = cluster.world.now();
    cluster.database.call(
        me,
        "renew",
        () -> cluster.database.store.renew(me.id, Times.NODE_LEASE),
        alive -> {
          if (alive) {
            trust(asked);
            ended.run();
          } else {
            registered = false;
            register(ended);
          }
        },
        ended);
  }

  private void register(Runnable ended) {
    long asked = cluster.world.now();
    cluster.database.call(
        me,
        "register",
        () -> cluster.database.store.register(me.id, "scheduler", "model", Times.NODE_LEASE),
        entered -> {
          registered = true;
          trust(asked);
          ended.run();
        },
        ended);
  }

  private void trust(long asked) {
    trustedUntil = asked + Times.NODE_LEASE.minus(Times.LEASE_MARGIN).toNanos();
  }

  void end(Runnable gone) {
    registered = false;
    cluster.database.call(
        me, "deregister", () -> cluster.database.store.deregister(me.id), left -> gone.run(), gone);
  }
}
