package io.sotto.scheduler.model;

import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PrepareAudio;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.WorkerOffer;
import io.sotto.scheduler.PureParts.Seats;
import io.sotto.scheduler.PureParts.Turn;
import io.sotto.scheduler.PureParts.Turns;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.vertx.core.Future;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A scheduler's tick: after PreparationDispatch, ChunkDispatch and HandBack. */
final class Dispatches {
  private static final int CLAIM_MAX = 4;
  private static final int HAND_BACK_TRIES = 6;
  private static final int CLAIMED_AND_NOT_SENT = 25;
  private static final long LIMIT_MS = Times.CHUNK_DEADLINE.toMillis() * 9 / 10;

  private final Cluster cluster;
  private final World world;
  private final Database database;
  private final Process me;
  private final TrustedLease lease;
  private final Seats<WorkerOffer, ChunkId> workers;
  private final Seats<IngestOffer, JobId> ingests;
  private final Runnable given;

  /** {@code given} runs when something is ready again. */
  Dispatches(
      Cluster cluster,
      Process me,
      TrustedLease lease,
      Seats<WorkerOffer, ChunkId> workers,
      Seats<IngestOffer, JobId> ingests,
      Runnable given) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.database = cluster.database;
    this.me = me;
    this.lease = lease;
    this.workers = workers;
    this.ingests = ingests;
    this.given = given;
  }

  void tick(Runnable ended) {
    int limit = Math.min(ingests.credits(world.now()), CLAIM_MAX);
    if (limit == 0 || !lease.trusted()) {
      fillWorkers(ended);
      return;
    }
    database.call(
        me,
        "claim preparations",
        () -> database.store.claimPreparations(me.id, limit, Times.PREPARATION_LEASE),
        claimed -> place(claimed.iterator(), ended),
        ended);
  }

  private void place(Iterator<Preparation> rest, Runnable ended) {
    if (!rest.hasNext()) {
      fillWorkers(ended);
      return;
    }
    Preparation work = rest.next();
    Optional<NodeId> best = ingests.emptiest(world.now());
    if (best.isEmpty() || !lease.trusted()) {
      handBack(work);
      place(rest, ended);
      return;
    }
    NodeId ingest = best.get();
    ingests.sent(ingest, work.job(), world.now() + Times.PREPARATION_LEASE.toNanos());
    database.call(
        me,
        "assign",
        () -> database.store.assignPreparation(work.job(), work.attempt(), ingest),
        assigned -> {
          if (assigned) {
            send(ingest, work);
          } else {
            ingests.settled(work.job());
          }
          place(rest, ended);
        },
        ended);
  }

  private void send(NodeId ingest, Preparation work) {
    cluster.network.request(
        me,
        cluster.find(ingest),
        new PrepareAudio(
            work.job(), work.attempt(), me.id, "url", work.sourceBytes(), work.sourceSha256()),
        () -> ingests.reached(ingest),
        why -> {
          ingests.notTaken(ingest, work.job(), why, world.now());
          handBack(work);
        });
  }

  private void fillWorkers(Runnable ended) {
    fill(new Turns(workers, CLAIM_MAX, world.now()), ended);
  }

  private void fill(Turns turns, Runnable ended) {
    Optional<Turn> next = turns.next();
    if (next.isEmpty() || !lease.trusted()) {
      ended.run();
      return;
    }
    Turn turn = next.get();
    database.call(
        me,
        "claim for",
        () ->
            database.store.claimChunks(
                me.id, turn.worker(), turn.models(), turn.limit(), Times.CHUNK_DEADLINE),
        leases -> claimed(turns, turn, leases, ended),
        ended);
  }

  private void claimed(Turns turns, Turn turn, List<Lease> leases, Runnable ended) {
    Runnable send =
        () -> {
          leases.forEach(chunk -> send(turn.worker(), chunk, false));
          turn.claimed(leases.size());
          fill(turns, ended);
        };
    if (leases.isEmpty()) {
      send.run();
    } else {
      cluster.between(me, CLAIMED_AND_NOT_SENT, send);
    }
  }

  void send(NodeId worker, Lease chunk, boolean alone) {
    if (!lease.trusted() || !workers.present(worker)) {
      handBack(worker, chunk, FailureCode.LEASE_LOST);
      return;
    }
    database.invariants.dispatched(database.store.lives(me.id));
    workers.sent(worker, chunk.chunk(), world.now() + Times.CHUNK_DEADLINE.toNanos());
    TranscribeChunk command =
        new TranscribeChunk(
            chunk.chunk(),
            chunk.attempt(),
            me.id,
            chunk.span(),
            "url",
            chunk.sha256(),
            chunk.options(),
            LIMIT_MS);
    cluster.network.request(
        me,
        cluster.find(worker),
        alone ? command.byItself() : command,
        () -> workers.reached(worker),
        why -> {
          workers.notTaken(worker, chunk.chunk(), why, world.now());
          handBack(worker, chunk, why);
        });
  }

  private void handBack(NodeId worker, Lease chunk, FailureCode why) {
    ChunkFailed unharmed =
        new ChunkFailed(chunk.chunk(), chunk.attempt(), worker, why, "not taken", false);
    attempt(HAND_BACK_TRIES, () -> database.store.fail(unharmed));
  }

  private void handBack(Preparation work) {
    attempt(
        HAND_BACK_TRIES,
        () -> database.store.releasePreparation(work.job(), work.attempt(), Times.REFUSAL_DELAY));
  }

  private <T> void attempt(int tries, Supplier<Future<T>> step) {
    database.call(
        me,
        "hand back",
        step,
        done -> given.run(),
        () -> {
          if (tries > 1) {
            world.after(me, Times.HAND_BACK_RETRY, "again", () -> attempt(tries - 1, step));
          }
        });
  }
}
