package io.sotto.ingest;

import io.sotto.protocol.Ack;
import io.sotto.protocol.Address;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.PrepareAudio;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Subject;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the scheduler of one preparation, one report at a time, each kept until it is acknowledged:
 * by the scheduler that asked, or by any when that one is gone. What comes in meanwhile goes into
 * the next report. Lives on the verticle's event loop.
 */
final class ReportLine {
  private static final Logger LOG = LoggerFactory.getLogger(ReportLine.class);

  private final Vertx vertx;
  private final ClusterBus bus;
  private final NodeId node;
  private final PrepareAudio work;
  private final Subject subject;
  private final List<PreparedChunk> waiting = new ArrayList<>();
  private final Promise<Void> over = Promise.promise();
  private long preparedMs;
  private ChunksPrepared.@Nullable End end;
  private @Nullable PreparationFailed failure;
  private boolean sending;
  private boolean due;

  ReportLine(Vertx vertx, ClusterBus bus, NodeId node, PrepareAudio work, Subject subject) {
    this.vertx = vertx;
    this.bus = bus;
    this.node = node;
    this.work = work;
    this.subject = subject;
    remindLater();
  }

  /** Ends when the last report is acknowledged; fails when one was refused for good. */
  Future<Void> over() {
    return over.future();
  }

  void chunk(PreparedChunk chunk, long preparedMs) {
    waiting.add(chunk);
    this.preparedMs = Math.max(this.preparedMs, preparedMs);
    send();
  }

  void end(ChunksPrepared.End totals) {
    end = totals;
    preparedMs = totals.audioMs();
    send();
  }

  void fail(FailureCode code, String reason) {
    waiting.clear();
    failure = new PreparationFailed(work.job(), work.attempt(), node, code, reason);
    send();
  }

  /** Nothing is told any more. */
  void abandon() {
    over.tryComplete();
  }

  /** Keeps the lease alive through long silence. */
  private void remindLater() {
    vertx.setTimer(
        IngestOptions.REPORT_EVERY.toMillis(),
        at -> {
          if (!over.future().isComplete()) {
            due = true;
            send();
            remindLater();
          }
        });
  }

  private void send() {
    boolean something = due || !waiting.isEmpty() || end != null || failure != null;
    if (sending || !something || over.future().isComplete()) {
      return;
    }
    sending = true;
    due = false;
    SchedulerReport report = next();
    boolean last =
        report instanceof PreparationFailed
            || report instanceof ChunksPrepared chunks && chunks.end() != null;
    offer(report, Addresses.scheduler(work.scheduler()), System.nanoTime(), 0)
        .onSuccess(
            told -> {
              sending = false;
              if (last) {
                over.tryComplete();
              } else {
                send();
              }
            })
        .onFailure(over::tryFail);
  }

  private SchedulerReport next() {
    if (failure != null) {
      return failure;
    }
    int count = Math.min(waiting.size(), IngestOptions.CHUNKS_PER_REPORT);
    List<PreparedChunk> chunks = List.copyOf(waiting.subList(0, count));
    waiting.subList(0, count).clear();
    return new ChunksPrepared(
        work.job(), work.attempt(), node, chunks, preparedMs, waiting.isEmpty() ? end : null);
  }

  private Future<Ack> offer(
      SchedulerReport report, Address<SchedulerReport, Ack> to, long since, int tries) {
    return bus.request(to, report, subject.trail())
        .recover(
            failed -> {
              SottoException why = SottoException.of(failed);
              boolean late = System.nanoTime() - since > IngestOptions.REPORT_PATIENCE.toNanos();
              if (!why.code().retryable() || late || over.future().isComplete()) {
                LOG.info("report refused code={} {}", why.code().code(), subject);
                return Future.failedFuture(why);
              }
              boolean absent =
                  why.code() == FailureCode.NO_NODE || why.code() == FailureCode.TIMEOUT;
              Address<SchedulerReport, Ack> other = absent ? Addresses.ANY_SCHEDULER : to;
              return vertx
                  .timer(pause(tries))
                  .compose(rested -> offer(report, other, since, tries + 1));
            });
  }

  private static long pause(int tries) {
    long pause = IngestOptions.RETRY_MIN.toMillis() << Math.min(tries, 10);
    return Math.min(pause, IngestOptions.RETRY_MAX.toMillis());
  }
}
