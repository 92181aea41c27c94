package io.sotto.storage;

import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.storage.JobStore.Suspect;
import io.sotto.storage.PgSweeps.Lost;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The claims of a scheduler, remembered by their tokens. A claim whose answer was lost may have
 * been committed, and what it took is then leased to a scheduler that knows nothing of it, until
 * its deadline. So after a lost answer whatever a scheduler owns and was never told of is given
 * back, uncharged, before it claims again.
 */
final class PgClaims {
  private static final Logger LOG = LoggerFactory.getLogger(PgClaims.class);

  /** Far more than a scheduler has out at once; what is forgotten would only be done twice. */
  private static final int REMEMBERED = 1 << 15;

  /** Longer than the server lets a statement run whose client is gone. */
  private static final long DOUBT_NANOS = Duration.ofSeconds(15).toNanos();

  private static final long LOOK_EVERY_NANOS = Duration.ofMillis(500).toNanos();

  private final PgPreparations preparations;
  private final PgTurns turns;
  private final PgSweeps sweeps;
  private final Map<Lost, Boolean> told =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Lost, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };
  private boolean doubt;
  private long doubtedNanos;
  private long lookedNanos;

  PgClaims(PgPreparations preparations, PgTurns turns, PgSweeps sweeps) {
    this.preparations = preparations;
    this.turns = turns;
    this.sweeps = sweeps;
  }

  Future<List<Preparation>> preparations(NodeId scheduler, int limit, Duration lease) {
    return giveBackUntold(scheduler)
        .compose(sure -> preparations.claim(scheduler, limit, lease))
        .onSuccess(
            taken -> taken.forEach(work -> told(work.job(), Lost.PREPARATION, work.attempt())))
        .onFailure(lost -> doubt());
  }

  Future<List<Lease>> chunks(
      NodeId scheduler, NodeId worker, Collection<String> models, int limit, Duration deadline) {
    return giveBackUntold(scheduler)
        .compose(sure -> turns.claim(scheduler, worker, models, limit, deadline))
        .onSuccess(taken -> taken.forEach(this::told))
        .onFailure(lost -> doubt());
  }

  Future<Optional<Lease>> suspect(
      NodeId scheduler, NodeId worker, Collection<String> models, Duration deadline) {
    return giveBackUntold(scheduler)
        .compose(sure -> turns.claimSuspect(scheduler, worker, models, deadline))
        .onSuccess(taken -> taken.ifPresent(this::told))
        .onFailure(lost -> doubt());
  }

  Future<List<Suspect>> suspects(int limit) {
    return turns.suspects(limit);
  }

  private void told(Lease work) {
    told(work.chunk().job(), work.chunk().seq(), work.attempt());
  }

  private synchronized void told(JobId job, int seq, int attempt) {
    told.put(new Lost(job, seq, attempt, false, false), true);
  }

  private synchronized boolean isTold(Lost work) {
    return told.containsKey(work);
  }

  private synchronized void doubt() {
    doubt = true;
    doubtedNanos = System.nanoTime();
    lookedNanos = doubtedNanos - LOOK_EVERY_NANOS;
  }

  private Future<?> giveBackUntold(NodeId scheduler) {
    return due()
        ? sweeps
            .untold(scheduler, this::isTold)
            .onSuccess(
                given -> {
                  if (given.released() > 0) {
                    LOG.warn(
                        "claims without an answer given back: released={} node={}",
                        given.released(),
                        scheduler);
                  }
                })
        : Future.succeededFuture();
  }

  private synchronized boolean due() {
    long now = System.nanoTime();
    boolean due = doubt && now - lookedNanos >= LOOK_EVERY_NANOS;
    if (due) {
      lookedNanos = now;
      doubt = now - doubtedNanos < DOUBT_NANOS;
    }
    return due;
  }
}
