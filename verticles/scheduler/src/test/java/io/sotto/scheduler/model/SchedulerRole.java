package io.sotto.scheduler.model;

import io.sotto.protocol.CancelJob;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterMessage.Hint;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobAccepted;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.WorkerOffer;
import io.sotto.scheduler.PureParts.Seats;
import io.sotto.storage.JobStore.Commit;
import io.sotto.storage.JobStore.Swept;
import io.sotto.testkit.FakeSweeps.Lost;
import io.vertx.core.Future;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A scheduler: after SchedulerVerticle, ReportDesk, LossWatch and LeaseSweeper. */
final class SchedulerRole {
  private static final String SWEEPER = "sweeper";
  private static final int FOUND_AND_NOT_GIVEN = 4;
  private static final int WRITTEN_AND_NOT_ACKNOWLEDGED = 40;

  private final Cluster cluster;
  private final World world;
  private final Database database;
  private final Process me;
  private final TrustedLease lease;
  private final Dispatches dispatches;
  private final Seats<WorkerOffer, ChunkId> workers;
  private final Seats<IngestOffer, JobId> ingests;
  private final Set<NodeId> lost = new LinkedHashSet<>();
  private final Round beats;
  private final Round ticks;
  private final Round solos;
  private final Round looks;
  private final Round sweeps;

  SchedulerRole(Cluster cluster, Process me) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.database = cluster.database;
    this.me = me;
    this.workers = new Seats<>(me.id, Times.SILENCE);
    this.ingests = new Seats<>(me.id, Times.SILENCE);
    this.lease = new TrustedLease(cluster, me);
    this.dispatches = new Dispatches(cluster, me, lease, workers, ingests, this::workIsReady);
    this.beats = new Round(world, me, "beat", Times.RENEW_EVERY, lease::beat);
    this.ticks = new Round(world, me, "tick", Times.TICK_EVERY, dispatches::tick);
    Suspects suspects = new Suspects(cluster, me, lease, dispatches, workers, ingests);
    this.solos = new Round(world, me, "solo", Times.SOLO_EVERY, suspects::round);
    this.looks = new Round(world, me, "look", Times.LOOK_EVERY, this::look);
    this.sweeps = new Round(world, me, "sweep", Times.SWEEP_EVERY, this::sweep);
  }

  void start() {
    beats.soon();
    ticks.soon();
    solos.soon();
    looks.soon();
    sweeps.soon();
  }

  private void workIsReady() {
    ticks.soon();
  }

  void offered(Offer offer) {
    boolean more =
        switch (offer) {
          case WorkerOffer worker -> workers.heard(worker, world.now());
          case IngestOffer ingest -> ingests.heard(ingest, world.now());
        };
    if (more) {
      ticks.soon();
    }
  }

  void hinted(Hint hint) {
    switch (hint) {
      case JobAccepted accepted -> ticks.soon();
      case JobChanged changed -> changed(changed.job(), changed.state());
    }
  }

  private void changed(JobId job, JobState state) {
    if (state == JobState.FAILED || state == JobState.CANCELLED) {
      ingests.release(job::equals);
      for (NodeId worker : workers.release(chunk -> chunk.job().equals(job))) {
        cluster.network.request(
            me, cluster.find(worker), new CancelJob(job), () -> {}, refused -> {});
      }
    }
  }

  /** Writes a report into the store and acknowledges it only then. */
  void take(SchedulerReport report, Network.Reply reply) {
    settle(report);
    if (cluster.defect == Defect.ACK_BEFORE_COMMIT) {
      reply.ack();
    }
    database.call(
        me,
        "write",
        () -> store(report),
        commit -> written(report, commit, reply),
        () -> reply.refuse(FailureCode.STORE_DOWN));
  }

  private void settle(SchedulerReport report) {
    switch (report) {
      case ChunkTranscribed done -> workers.settled(done.chunk());
      case ChunkFailed failed -> workers.settled(failed.chunk());
      case PreparationFailed failed -> ingests.settled(failed.job());
      case ChunksPrepared prepared -> {
        if (prepared.end() == null) {
          ingests.extend(prepared.job(), world.now() + Times.PREPARATION_LEASE.toNanos());
        } else {
          ingests.settled(prepared.job());
        }
      }
    }
  }

  private Future<Commit> store(SchedulerReport report) {
    return switch (report) {
      case ChunksPrepared r -> database.store.recordChunks(r, Times.PREPARATION_LEASE);
      case PreparationFailed r -> database.store.failPreparation(r);
      case ChunkTranscribed r -> database.store.commit(r);
      case ChunkFailed r -> database.store.fail(r);
    };
  }

  private void written(SchedulerReport report, Commit commit, Network.Reply reply) {
    if (!commit.accepted()) {
      boolean ended = commit.state() != null && commit.state().terminal();
      reply.refuse(ended ? FailureCode.CANCELLED : FailureCode.LEASE_LOST);
      return;
    }
    if (commit.finished()) {
      announce(job(report), commit.state());
    }
    cluster.between(
        me,
        WRITTEN_AND_NOT_ACKNOWLEDGED,
        () -> {
          reply.ack();
          ticks.soon();
        });
  }

  private static JobId job(SchedulerReport report) {
    return switch (report) {
      case ChunksPrepared r -> r.job();
      case PreparationFailed r -> r.job();
      case ChunkTranscribed r -> r.chunk().job();
      case ChunkFailed r -> r.chunk().job();
    };
  }

  private void announce(JobId job, JobState state) {
    if (state == JobState.FAILED) {
      cluster.hint(me, new JobChanged(job, state));
    }
  }

  /** Notices who fell silent, and gives their work back. */
  private void look(Runnable ended) {
    lost.addAll(workers.lost(world.now()));
    lost.addAll(ingests.lost(world.now()));
    lost.removeIf(node -> workers.present(node) || ingests.present(node));
    if (lost.isEmpty() || cluster.defect == Defect.FORGETFUL_WORKER) {
      ended.run();
      return;
    }
    List<NodeId> silent = List.copyOf(lost);
    database.call(
        me,
        "find lost",
        () -> database.store.findWork(me.id, silent, Times.FRESH),
        found ->
            giveBack(
                found,
                swept -> {
                  if (swept.left() == 0) {
                    silent.forEach(lost::remove);
                  }
                  ended.run();
                },
                ended),
        ended);
  }

  /** Gives back what is overdue, while this scheduler has the duty. */
  private void sweep(Runnable ended) {
    if (!lease.trusted() || cluster.defect == Defect.FORGETFUL_WORKER) {
      ended.run();
      return;
    }
    database.call(
        me,
        "lead",
        () -> database.store.lead(SWEEPER, me.id, Times.DUTY_LEASE),
        leads -> {
          if (leads) {
            findOverdue(ended);
          } else {
            ended.run();
          }
        },
        ended);
  }

  private void findOverdue(Runnable ended) {
    database.call(
        me,
        "find overdue",
        database::findOverdue,
        found -> giveBack(found, swept -> ended.run(), ended),
        ended);
  }

  private void giveBack(List<Lost> found, Consumer<Swept> then, Runnable ended) {
    if (found.isEmpty()) {
      then.accept(new Swept(0, List.of(), 0));
      return;
    }
    Runnable call =
        () ->
            database.call(
                me,
                "give back",
                () -> database.giveBack(found),
                swept -> {
                  swept.failed().forEach(job -> announce(job, JobState.FAILED));
                  then.accept(swept);
                  ticks.soon();
                },
                ended);
    cluster.between(me, FOUND_AND_NOT_GIVEN, call);
  }

  /** Claims nothing more; reports are still taken. */
  void drain() {
    ticks.stop();
    solos.stop();
    sweeps.stop();
  }

  boolean idle() {
    return workers.held() == 0 && ingests.held() == 0;
  }

  void leave(Runnable gone) {
    looks.stop();
    beats.stop();
    lease.end(gone);
  }
}
