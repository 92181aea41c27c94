package io.sotto.scheduler.model;

import io.sotto.protocol.CancelJob;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.Feeder;
import io.sotto.protocol.JobId;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.WorkerOffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A worker: after WorkerVerticle, Workbench and Reporter. */
final class WorkerRole {
  private static final int SLOTS = 2;
  private static final int REPORTS_MAX = 4;
  private static final int HANGS = 12;
  private static final int COMPUTED_AND_NOT_TOLD = 40;

  private final Cluster cluster;
  private final World world;
  private final Process me;
  private final Map<ChunkId, Run> running = new LinkedHashMap<>();
  private final List<TranscribeChunk> kept = new ArrayList<>();
  private final Feeder feeder = new Feeder();
  private boolean alone;

  WorkerRole(Cluster cluster, Process me) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.me = me;
  }

  private static final class Run {
    final TranscribeChunk command;
    boolean over;

    Run(TranscribeChunk command) {
      this.command = command;
    }
  }

  boolean idle() {
    return running.isEmpty() && kept.isEmpty();
  }

  WorkerOffer offer() {
    int free = me.draining ? 0 : free();
    return new WorkerOffer(
        me.id, "cpu", List.of(Story.MODEL), SLOTS, free, 0, List.of(), feeder.of(world.now()));
  }

  private int free() {
    return alone || kept.size() >= REPORTS_MAX ? 0 : SLOTS - running.size();
  }

  void handle(WorkerCommand command, Network.Reply reply) {
    switch (command) {
      case TranscribeChunk chunk -> take(chunk, reply);
      case CancelJob cancel -> {
        cancel(cancel.job());
        reply.ack();
      }
    }
  }

  private void take(TranscribeChunk command, Network.Reply reply) {
    Run held = running.get(command.chunk());
    if (me.draining) {
      reply.refuse(FailureCode.DRAINING);
    } else if (held != null && held.command.attempt() == command.attempt()) {
      reply.ack();
    } else if (held != null && held.command.attempt() > command.attempt()) {
      reply.refuse(FailureCode.LEASE_LOST);
    } else {
      if (held != null) {
        end(held);
      }
      boolean room = command.solitary() ? idle() || cluster.defect.likesCompany() : free() > 0;
      if (!room) {
        reply.refuse(FailureCode.WORKER_FULL);
        return;
      }
      alone |= command.solitary() && !cluster.defect.likesCompany();
      reply.ack();
      begin(new Run(command));
    }
  }

  private void begin(Run run) {
    running.put(run.command.chunk(), run);
    feeder.fed(run.command.scheduler(), SLOTS - running.size(), world.now());
    cluster.offer(me);
    long limit = Times.ms(run.command.limitMs());
    world.after(me, limit, "limit", () -> !run.over, () -> failed(run, FailureCode.TIMEOUT));
    if (!cluster.faults.strikes(Fault.HANG, HANGS)) {
      long takes = world.between(Times.ms(200), Times.ms(3500));
      world.after(me, takes, "computed", () -> computed(run));
    }
  }

  private void computed(Run run) {
    ChunkId chunk = run.command.chunk();
    Story story = cluster.database.invariants.story(chunk.job());
    if (run.over) {
      return;
    }
    if (story.does(Story.Kind.POISONED, chunk.seq())) {
      cluster.faults.struck(Fault.POISON);
      cluster.database.invariants.killed(run.command, inHand(), cluster.database.store);
      cluster.end(me, "POISONED by " + story, world.between(Times.ms(1000), Times.ms(4000)));
    } else if (story.does(Story.Kind.FAILING, chunk.seq())) {
      cluster.faults.struck(Fault.CHUNK_FAILS);
      failed(run, FailureCode.MODEL_FAULT);
    } else {
      cluster.between(me, COMPUTED_AND_NOT_TOLD, () -> succeeded(run));
    }
  }

  private void succeeded(Run run) {
    if (!run.over) {
      end(run);
      ChunkId chunk = run.command.chunk();
      var heard = Story.heard(chunk, run.command.options().language());
      report(run, new ChunkTranscribed(chunk, run.command.attempt(), me.id, heard));
    }
  }

  private void end(Run run) {
    run.over = true;
    running.remove(run.command.chunk(), run);
    feeder.freed(world.now());
    cluster.offer(me);
  }

  private void failed(Run run, FailureCode why) {
    if (!run.over) {
      end(run);
      boolean charged = why != FailureCode.DRAINING;
      ChunkId chunk = run.command.chunk();
      report(run, new ChunkFailed(chunk, run.command.attempt(), me.id, why, "model", charged));
    }
  }

  private void cancel(JobId job) {
    each(run -> run.command.chunk().job().equals(job)).forEach(this::end);
    cleared();
  }

  /** A suspect is out of hand, and its result told. */
  private void cleared() {
    if (alone && idle()) {
      alone = false;
      cluster.offer(me);
    }
  }

  /** What would be lost with the process. */
  private List<TranscribeChunk> inHand() {
    return Stream.concat(running.values().stream().map(run -> run.command), kept.stream()).toList();
  }

  void handBackAll() {
    each(run -> true).forEach(run -> failed(run, FailureCode.DRAINING));
  }

  private List<Run> each(Predicate<Run> which) {
    return running.values().stream().filter(which).toList();
  }

  private void report(Run run, SchedulerReport report) {
    kept.add(run.command);
    new Pending(run.command, report).offerToItsOwn();
  }

  /** A report on its way, kept until a scheduler has it in the store or refuses it for good. */
  private final class Pending {
    private final TranscribeChunk command;
    private final SchedulerReport report;
    private final long patienceEnds = world.now() + Times.REPORT_PATIENCE;
    private long wait = Times.RETRY_MIN;

    Pending(TranscribeChunk command, SchedulerReport report) {
      this.command = command;
      this.report = report;
    }

    void offerToItsOwn() {
      offer(cluster.find(command.scheduler()), false);
    }

    private void offer(@Nullable Process scheduler, boolean any) {
      cluster.network.request(me, scheduler, report, this::acked, why -> refused(any, why));
      if (cluster.defect == Defect.FORGETFUL_WORKER) {
        settled();
      }
    }

    private void settled() {
      kept.remove(command);
      cleared();
    }

    private void acked() {
      if (cluster.defect != Defect.FORGETFUL_WORKER) {
        settled();
      }
      if (report instanceof ChunkTranscribed done) {
        cluster.database.invariants.acknowledged(done);
      }
    }

    private void refused(boolean any, FailureCode why) {
      boolean absent = why == FailureCode.NO_NODE || why == FailureCode.TIMEOUT;
      if (cluster.defect == Defect.FORGETFUL_WORKER) {
        return;
      }
      if (!why.retryable() || world.now() - patienceEnds > 0) {
        settled();
      } else if (absent && !any) {
        offer(cluster.anyScheduler(), true);
      } else {
        long rest = wait - world.dice.nextLong(wait / 2 + 1);
        wait = Math.min(Times.RETRY_MAX, wait * 2);
        world.after(me, rest, "report again", this::offerToItsOwn);
      }
    }
  }
}
