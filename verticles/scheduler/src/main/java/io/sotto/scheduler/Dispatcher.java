package io.sotto.scheduler;

import io.sotto.protocol.NodeId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Decides who gets the next chunks when the backlog is not known: whoever would finish one soonest,
 * and no more of them than keep that true. Pure; one tick each.
 */
final class Dispatcher {
  /** A worker that can take {@code credits} chunks of {@code models}. */
  record Worker(NodeId node, List<String> models, int slots, int credits, double speed) {}

  /** Claim at most {@code limit} chunks for {@code worker}. */
  record Claim(Worker worker, int limit) {}

  private final List<Worker> open;
  private final int limitMax;
  private final double usualSpeed;

  Dispatcher(List<Worker> workers, int limitMax) {
    this.open = new ArrayList<>(workers);
    this.limitMax = limitMax;
    this.usualSpeed =
        workers.stream().mapToDouble(Worker::speed).filter(speed -> speed > 0).average().orElse(1);
  }

  /** What to claim next; empty when nobody can take more, or nothing is left for those who can. */
  Optional<Claim> next() {
    return open.stream()
        .min(Comparator.comparingDouble(worker -> load(worker, 1)))
        .map(best -> new Claim(best, limit(best)));
  }

  /** As many as keep {@code best} the best: beyond that another would finish them sooner. */
  private int limit(Worker best) {
    double runnerUp =
        open.stream()
            .filter(worker -> worker != best)
            .mapToDouble(worker -> load(worker, 1))
            .min()
            .orElse(Double.MAX_VALUE);
    double most = Math.floor(runnerUp * capacity(best) - busy(best));
    return (int) Math.clamp(most, 1, Math.min(limitMax, best.credits()));
  }

  /** How full {@code worker} is with {@code more} chunks, in units of its pace. */
  private double load(Worker worker, int more) {
    return (busy(worker) + more) / capacity(worker);
  }

  private static int busy(Worker worker) {
    return worker.slots() - worker.credits();
  }

  /** A worker that has measured nothing yet is taken for a usual one. */
  private double capacity(Worker worker) {
    return worker.slots() * (worker.speed() > 0 ? worker.speed() : usualSpeed);
  }

  /** Tells what {@code claim} brought. Fewer than asked for: nothing is left for its models. */
  void claimed(Claim claim, int got) {
    Worker worker = claim.worker();
    open.remove(worker);
    if (got < claim.limit()) {
      open.removeIf(other -> worker.models().containsAll(other.models()));
    } else if (got < worker.credits()) {
      int left = worker.credits() - got;
      open.add(new Worker(worker.node(), worker.models(), worker.slots(), left, worker.speed()));
    }
  }
}
