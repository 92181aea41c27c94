package io.sotto.scheduler.model;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.scheduler.PureParts.Seats;
import io.sotto.scheduler.PureParts.Solo;
import io.sotto.storage.JobStore.Suspect;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A scheduler's round for chunks that must be alone: after SuspectDispatch. */
final class Suspects {
  private static final String DUTY = "suspects";
  private static final String HELD_BACK = "held-back";
  private static final int SUSPECTS_MAX = 64;

  private final World world;
  private final Database database;
  private final Process me;
  private final TrustedLease lease;
  private final Dispatches dispatches;
  private final Seats<WorkerOffer, ChunkId> workers;
  private final Solo plan;

  Suspects(
      Cluster cluster,
      Process me,
      TrustedLease lease,
      Dispatches dispatches,
      Seats<WorkerOffer, ChunkId> workers,
      Seats<IngestOffer, JobId> ingests) {
    this.world = cluster.world;
    this.database = cluster.database;
    this.me = me;
    this.lease = lease;
    this.dispatches = dispatches;
    this.workers = workers;
    this.plan = new Solo(workers, ingests, Times.SOLO_PATIENCE);
  }

  void round(Runnable ended) {
    if (workers.size() == 0 || !lease.trusted()) {
      ended.run();
      return;
    }
    database.call(
        me,
        "suspects",
        () -> database.store.suspects(SUSPECTS_MAX),
        waiting -> {
          if (waiting.isEmpty()) {
            workers.holdBack(null);
            ended.run();
          } else {
            whoIsHeldBack(waiting, ended);
          }
        },
        ended);
  }

  private void whoIsHeldBack(List<Suspect> waiting, Runnable ended) {
    database.call(
        me,
        "leader",
        () -> database.store.leader(HELD_BACK),
        found -> {
          NodeId held = found.orElse(null);
          workers.holdBack(held);
          lead(waiting, held, ended);
        },
        ended);
  }

  private void lead(List<Suspect> waiting, @Nullable NodeId held, Runnable ended) {
    database.call(
        me,
        "lead",
        () -> database.store.lead(DUTY, me.id, Times.DUTY_LEASE),
        leads -> {
          if (leads) {
            Iterator<NodeId> idle = plan.idle(waiting, world.now()).iterator();
            give(idle, waiting.size(), () -> holdBack(waiting, held, ended), ended);
          } else {
            ended.run();
          }
        },
        ended);
  }

  private void give(Iterator<NodeId> idle, int left, Runnable some, Runnable ended) {
    if (left == 0) {
      ended.run();
      return;
    }
    if (!idle.hasNext() || !lease.trusted()) {
      some.run();
      return;
    }
    NodeId worker = idle.next();
    workers.hush(worker);
    database.call(
        me,
        "claim suspect",
        () ->
            database.store.claimSuspect(me.id, worker, List.of(Story.MODEL), Times.CHUNK_DEADLINE),
        claimed -> {
          claimed.ifPresent(chunk -> dispatches.send(worker, chunk, true));
          give(idle, claimed.isPresent() ? left - 1 : left, some, ended);
        },
        ended);
  }

  private void holdBack(List<Suspect> waiting, @Nullable NodeId held, Runnable ended) {
    Optional<NodeId> next = plan.heldBack(waiting, held, world.now());
    if (next.isEmpty()) {
      ended.run();
      return;
    }
    database.call(
        me,
        "lead",
        () -> database.store.lead(HELD_BACK, next.get(), Times.HOLD),
        holds -> {
          if (holds) {
            workers.holdBack(next.get());
          }
          ended.run();
        },
        ended);
  }
}
