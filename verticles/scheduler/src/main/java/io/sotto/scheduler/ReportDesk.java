package io.sotto.scheduler;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.sotto.protocol.Ack;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Traces;
import io.sotto.protocol.Trail;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Commit;
import io.vertx.core.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes reports into the store and acknowledges them only then. A report whose attempt is no
 * longer current is refused with {@code LEASE_LOST}, one whose job has ended with {@code
 * CANCELLED}; when the store is away the reporter is told so, and comes again.
 */
final class ReportDesk {
  private static final Logger LOG = LoggerFactory.getLogger(ReportDesk.class);

  private final Means means;
  private final Roster<WorkerOffer, ChunkId> workers;
  private final Roster<IngestOffer, JobId> ingests;
  private final Turnstile turnstile;
  private final Runnable written;

  /** {@code written} runs after every report that changed something. */
  ReportDesk(
      Means means,
      Roster<WorkerOffer, ChunkId> workers,
      Roster<IngestOffer, JobId> ingests,
      Runnable written) {
    this.means = means;
    this.workers = workers;
    this.ingests = ingests;
    this.written = written;
    SchedulerOptions.Limits limits = means.options().limits();
    this.turnstile = new Turnstile(limits.reportsAtOnce(), limits.reportsWaiting());
  }

  /** How many reports are being written or wait for it. */
  int busy() {
    return turnstile.busy();
  }

  /** Awaits the store: call it on a virtual thread. Throws {@link SottoException} to refuse. */
  Future<Ack> take(SchedulerReport report, Trail trail) {
    settle(report);
    return Future.succeededFuture(turnstile.pass(() -> write(report, trail)));
  }

  /** The work is out of its node's hands already, whatever the store says of it. */
  private void settle(SchedulerReport report) {
    switch (report) {
      case ChunkTranscribed done -> workers.settled(done.chunk());
      case ChunkFailed failed -> workers.settled(failed.chunk());
      case PreparationFailed failed -> ingests.settled(failed.job());
      case ChunksPrepared prepared -> {
        if (prepared.end() == null) {
          ingests.extend(prepared.job(), leaseEnd());
        } else {
          ingests.settled(prepared.job());
        }
      }
    }
  }

  private long leaseEnd() {
    return means.nanos().getAsLong() + means.options().times().preparationLease().toNanos();
  }

  private Ack write(SchedulerReport report, Trail trail) {
    Commit commit = traced(report, trail);
    if (!commit.accepted()) {
      means.meters().fenced();
      LOG.info("report fenced {}{}", Lines.subject(report, trail), Lines.more(report));
      throw commit.state() != null && commit.state().terminal()
          ? new SottoException(FailureCode.CANCELLED, "the job has ended")
          : new SottoException(FailureCode.LEASE_LOST, "the attempt is no longer current");
    }
    tell(report, trail, commit);
    return new Ack();
  }

  private Commit traced(SchedulerReport report, Trail trail) {
    Span span = means.bus().traces().begin(step(report), Lines.subject(report, trail));
    try (Scope _ = span.makeCurrent()) {
      Commit commit = store(report).await();
      span.setAttribute("sotto.accepted", commit.accepted());
      Traces.end(span, null);
      return commit;
    } catch (RuntimeException failure) {
      Traces.end(span, failure);
      throw failure;
    }
  }

  private static String step(SchedulerReport report) {
    return switch (report) {
      case ChunksPrepared r -> "record chunks";
      case PreparationFailed r -> "fail preparation";
      case ChunkTranscribed r -> "commit";
      case ChunkFailed r -> "fail chunk";
    };
  }

  private Future<Commit> store(SchedulerReport report) {
    JobStore jobs = means.jobs();
    return switch (report) {
      case ChunksPrepared r -> jobs.recordChunks(r, means.options().times().preparationLease());
      case PreparationFailed r -> jobs.failPreparation(r);
      case ChunkTranscribed r -> commit(r);
      case ChunkFailed r -> jobs.fail(r);
    };
  }

  private Future<Commit> commit(ChunkTranscribed report) {
    CrashPoint.COMMIT_BEFORE.pass();
    return means
        .jobs()
        .commit(report)
        .onSuccess(committed -> CrashPoint.COMMIT_AFTER_COMMIT.pass());
  }

  private void tell(SchedulerReport report, Trail trail, Commit commit) {
    if (report instanceof ChunkTranscribed done) {
      means.meters().committed(done.transcript().times());
    }
    count(report, commit);
    if (commit.state() != null) {
      LOG.info(
          "{} state={} {}{}",
          verb(report),
          commit.state().wire(),
          Lines.subject(report, trail),
          Lines.more(report));
      announce(report, commit.state());
    }
    written.run();
  }

  private void announce(SchedulerReport report, JobState state) {
    if (report instanceof ChunkTranscribed done) {
      means.events().transcribed(done, state);
    } else {
      means.announce(job(report), state);
    }
  }

  private void count(SchedulerReport report, Commit commit) {
    FailureCode code =
        switch (report) {
          case ChunkFailed r -> r.code();
          case PreparationFailed r -> r.code();
          case ChunkTranscribed r -> null;
          case ChunksPrepared r -> null;
        };
    if (code != null) {
      means.meters().failed(code, !(report instanceof ChunkFailed r) || r.charged());
    }
    if (commit.state() == JobState.COMPLETED) {
      means.meters().completed();
    } else if (commit.state() == JobState.FAILED) {
      means.meters().failed((code == null ? FailureCode.INTERNAL : code).code(), 1);
    }
  }

  private static String verb(SchedulerReport report) {
    return switch (report) {
      case ChunksPrepared r -> "chunks recorded";
      case PreparationFailed r -> "preparation failed";
      case ChunkTranscribed r -> "chunk done";
      case ChunkFailed r -> r.charged() ? "chunk failed" : "chunk came back";
    };
  }

  private static JobId job(SchedulerReport report) {
    return switch (report) {
      case ChunksPrepared r -> r.job();
      case PreparationFailed r -> r.job();
      case ChunkTranscribed r -> r.chunk().job();
      case ChunkFailed r -> r.chunk().job();
    };
  }
}
