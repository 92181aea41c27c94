package io.sotto.http;

import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.ClusterMessage.Hint;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobView;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Requests that wait for their job to end. A hint from the bus wakes them at once; without one,
 * they look into the store, more and more rarely. Lives on the verticle's event loop.
 */
final class JobWaiters {
  private static final long POLL_MS_MIN = 250;
  private static final long POLL_MS_MAX = 1_000;
  private final Vertx vertx;
  private final JobStore jobs;
  private final Map<JobId, Set<Wait>> waits = new HashMap<>();

  JobWaiters(Vertx vertx, JobStore jobs) {
    this.vertx = vertx;
    this.jobs = jobs;
  }

  Future<Registration> listen(ClusterBus bus) {
    return bus.subscribe(Addresses.HINTS, this::hear);
  }

  private void hear(Hint hint) {
    if (hint instanceof JobChanged changed && changed.state().terminal()) {
      Set.copyOf(waits.getOrDefault(changed.job(), Set.of())).forEach(Wait::look);
    }
  }

  /**
   * The job once it has ended, which a repeated or deduplicated one may have already, or as it is
   * when {@code atMost} has passed. Fails when it was deleted meanwhile.
   */
  Future<JobView> await(long tenant, JobId job, Duration atMost) {
    Wait wait = new Wait(tenant, job, System.nanoTime() + atMost.toNanos());
    waits.computeIfAbsent(job, first -> new HashSet<>()).add(wait);
    wait.look();
    wait.pollLater();
    return wait.over
        .future()
        .onComplete(
            over -> {
              Set<Wait> left = waits.get(job);
              if (left != null && left.remove(wait) && left.isEmpty()) {
                waits.remove(job);
              }
            });
  }

  private final class Wait {
    private final long tenant;
    private final JobId job;
    private final long deadline;
    private final Promise<JobView> over = Promise.promise();
    private long pollMs = POLL_MS_MIN;

    Wait(long tenant, JobId job, long deadline) {
      this.tenant = tenant;
      this.job = job;
      this.deadline = deadline;
    }

    void pollLater() {
      vertx.setTimer(
          pollMs,
          at -> {
            if (!over.future().isComplete()) {
              pollMs = Math.min(POLL_MS_MAX, pollMs * 3 / 2);
              look();
              pollLater();
            }
          });
    }

    void look() {
      jobs.find(tenant, job)
          .onSuccess(
              found -> {
                if (found.isEmpty()) {
                  over.tryFail(Replies.unknown());
                }
                found
                    .filter(view -> view.state().terminal() || System.nanoTime() - deadline > 0)
                    .ifPresent(over::tryComplete);
              });
    }
  }
}
