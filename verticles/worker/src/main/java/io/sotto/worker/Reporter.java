package io.sotto.worker;

import io.sotto.protocol.Ack;
import io.sotto.protocol.Address;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Subject;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a report until a scheduler has it in the database or refuses it for good. The scheduler
 * that sent the chunk is asked first; one that is gone or does not answer is passed over for any
 * other.
 */
final class Reporter {
  private static final Logger LOG = LoggerFactory.getLogger(Reporter.class);

  private final ClusterBus bus;
  private final WorkerOptions options;
  private final Vertx vertx;
  private int kept;

  Reporter(ClusterBus bus, WorkerOptions options, Vertx vertx) {
    this.bus = bus;
    this.options = options;
    this.vertx = vertx;
  }

  /** How many reports still wait for a scheduler. */
  int kept() {
    return kept;
  }

  /**
   * Tells {@code scheduler}, or any. Completes with true when it was acknowledged, with false when
   * it was refused or no scheduler answered within the patience. {@code subject} names it in the
   * log and is on whose behalf it is told.
   */
  Future<Boolean> report(NodeId scheduler, SchedulerReport report, Subject subject) {
    kept++;
    Pending pending = new Pending(scheduler, report, subject);
    pending.offer(Addresses.scheduler(scheduler));
    return pending.told.future().onComplete(told -> kept--);
  }

  /** One report on its way. */
  private final class Pending {
    private final NodeId scheduler;
    private final SchedulerReport report;
    private final Subject subject;
    private final Backoff backoff = new Backoff(options.retryMin(), options.retryMax());
    private final long patienceEndsNanos = System.nanoTime() + options.reportPatience().toNanos();
    private final Promise<Boolean> told = Promise.promise();

    Pending(NodeId scheduler, SchedulerReport report, Subject subject) {
      this.scheduler = scheduler;
      this.report = report;
      this.subject = subject;
    }

    void offer(Address<SchedulerReport, Ack> to) {
      bus.request(to, report, subject.trail())
          .onComplete(ack -> told.complete(true), why -> refused(to, SottoException.of(why)));
    }

    private void refused(Address<SchedulerReport, Ack> by, SottoException why) {
      boolean absent = why.code() == FailureCode.NO_NODE || why.code() == FailureCode.TIMEOUT;
      if (!why.code().retryable()) {
        LOG.info("report refused code={} {}", why.code().code(), subject);
        told.complete(false);
      } else if (System.nanoTime() - patienceEndsNanos > 0) {
        LOG.warn("report dropped, no scheduler took it: {} {}", why.reason(), subject);
        told.complete(false);
      } else if (absent && !by.equals(Addresses.ANY_SCHEDULER)) {
        offer(Addresses.ANY_SCHEDULER);
      } else {
        vertx.setTimer(backoff.nextMs(), now -> offer(Addresses.scheduler(scheduler)));
      }
    }
  }
}
