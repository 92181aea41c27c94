package io.sotto.scheduler;

import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Subject;
import io.sotto.protocol.Trail;
import io.sotto.storage.JobStore.Preparation;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives claimed work back to the store when nobody took it. Tried for half a minute, since the
 * store may be the one that is away; after that the sweeper finds the work at its deadline.
 */
final class HandBack {
  private static final Logger LOG = LoggerFactory.getLogger(HandBack.class);
  private static final int TRIES_MAX = 60;
  private static final long RETRY_MS = 500;

  private final Means means;
  private final Context context;
  private final Runnable given;

  /** {@code given} runs, on any thread, when something is ready again. */
  HandBack(Means means, Context context, Runnable given) {
    this.means = means;
    this.context = context;
    this.given = given;
  }

  /** {@code report} must be uncharged. */
  void chunk(ChunkFailed report, Trail trail) {
    Subject subject = Lines.subject(report, trail);
    LOG.info("chunk handed back {}{}: {}", subject, Lines.more(report), report.reason());
    attempt(subject, TRIES_MAX, () -> means.jobs().fail(report));
  }

  void preparation(Preparation work, NodeId ingest, String reason) {
    Subject subject = Subject.of(work.job(), ingest, work.attempt(), work.trail());
    LOG.info("preparation handed back {}: {}", subject, reason);
    var delay = means.options().times().refusalDelay();
    attempt(
        subject,
        TRIES_MAX,
        () -> means.jobs().releasePreparation(work.job(), work.attempt(), delay));
  }

  private void attempt(Subject subject, int tries, Supplier<Future<?>> step) {
    step.get()
        .onComplete(
            done -> given.run(),
            failure -> {
              LOG.warn("not handed back, {} tries left: {} {}", tries - 1, failure, subject);
              if (tries > 1) {
                context.owner().setTimer(RETRY_MS, at -> attempt(subject, tries - 1, step));
              }
            });
  }
}
