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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Requests that wait for their job to end, or follow it step by step. A hint from the bus wakes
 * those of its job at once; without one, they look into the store, more and more rarely. Lives on
 * the verticle's event loop.
 */
final class JobWaiters {
  private static final long POLL_MS_MIN = 250;
  private static final long POLL_MS_MAX = 1_000;
  private final Vertx vertx;
  private final JobStore jobs;
  private final Departure departure;
  private final Map<JobId, Set<Watch>> watches = new HashMap<>();
  private int followers;

  JobWaiters(Vertx vertx, JobStore jobs, Departure departure) {
    this.vertx = vertx;
    this.jobs = jobs;
    this.departure = departure;
    departure.follow(this::wakeAll);
  }

  /** The server is leaving, and whoever waits may have to settle for what is there. */
  private void wakeAll() {
    List.copyOf(watches.values()).stream()
        .flatMap(some -> List.copyOf(some).stream())
        .forEach(watch -> watch.look.run());
  }

  Future<Registration> listen(ClusterBus bus) {
    return bus.subscribe(Addresses.HINTS, this::hear);
  }

  /** A scheduler tells of every report that it has committed, so of every chunk. */
  private void hear(Hint hint) {
    if (hint instanceof JobChanged changed) {
      Set.copyOf(watches.getOrDefault(changed.job(), Set.of())).stream()
          .filter(watch -> watch.everyStep || changed.state().terminal())
          .forEach(watch -> watch.look.run());
    }
  }

  /**
   * The job once it has ended, which a repeated or deduplicated one may have already, or as it is
   * when {@code atMost} has passed or this server leaves. Fails when there is no such job, or when
   * the store is away at the end.
   */
  Future<JobView> await(long tenant, JobId job, Duration atMost) {
    return await(tenant, job, atMost, none -> false);
  }

  /** The same, but no longer than until the job is {@code enough} as it is. */
  Future<JobView> await(long tenant, JobId job, Duration atMost, Predicate<JobView> enough) {
    long deadline = System.nanoTime() + atMost.toNanos();
    Promise<JobView> over = Promise.promise();
    Watch watch =
        new Watch(
            job,
            false,
            () ->
                jobs.find(tenant, job)
                    .onSuccess(found -> settle(found, deadline, enough, over))
                    .onFailure(
                        away -> {
                          if (passed(deadline)) {
                            over.tryFail(away);
                          }
                        }));
    watch.open();
    return over.future().onComplete(ended -> watch.close());
  }

  private void settle(
      Optional<JobView> found, long deadline, Predicate<JobView> enough, Promise<JobView> over) {
    if (found.isEmpty()) {
      over.tryFail(Replies.unknown());
    } else if (found.get().state().terminal() || enough.test(found.get()) || passed(deadline)) {
      over.tryComplete(found.get());
    }
  }

  private boolean passed(long deadline) {
    return System.nanoTime() - deadline > 0 || departure.reached(Departure.Stage.LAST_CALL);
  }

  /**
   * Runs {@code look} now, at every step of the job that becomes known, and when none does at least
   * every second.
   */
  Watch follow(JobId job, Runnable look) {
    Watch watch = new Watch(job, true, look);
    followers++;
    watch.open();
    return watch;
  }

  /** How many follow a job step by step. */
  int followers() {
    return followers;
  }

  /** One request's interest in a job, until it is closed. */
  final class Watch {
    private final JobId job;
    private final boolean everyStep;
    private final Runnable look;
    private long pollMs = POLL_MS_MIN;
    private boolean open;

    private Watch(JobId job, boolean everyStep, Runnable look) {
      this.job = job;
      this.everyStep = everyStep;
      this.look = look;
    }

    private void open() {
      open = true;
      watches.computeIfAbsent(job, first -> new HashSet<>()).add(this);
      pollLater();
      look.run();
    }

    private void pollLater() {
      vertx.setTimer(
          pollMs,
          at -> {
            if (open) {
              pollMs = Math.min(POLL_MS_MAX, pollMs * 3 / 2);
              pollLater();
              look.run();
            }
          });
    }

    void close() {
      if (!open) {
        return;
      }
      open = false;
      if (everyStep) {
        followers--;
      }
      Set<Watch> left = watches.get(job);
      if (left != null && left.remove(this) && left.isEmpty()) {
        watches.remove(job);
      }
    }
  }
}
