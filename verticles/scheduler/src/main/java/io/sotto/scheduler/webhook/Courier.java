package io.sotto.scheduler.webhook;

import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobView;
import io.sotto.storage.WebhookStore.Busy;
import io.sotto.storage.WebhookStore.Delivery;
import io.sotto.storage.WebhookStore.Settlement;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what is due out of the outbox and has it sent, a bounded number at once, to each host and
 * of each tenant, so that slow receivers delay only their own. Every scheduler has one at work.
 * Lives on one event loop.
 */
final class Courier {
  private static final Logger LOG = LoggerFactory.getLogger(Courier.class);

  /** Before a row whose host is busy is looked at again. */
  private static final Duration BUSY_WAIT = Duration.ofSeconds(1);

  private final Vertx vertx;
  private final WebhookOptions options;
  private final NodeId node;
  private final JobStore jobs;
  private final Sender sender;
  private final Retries retries;
  private final WebhookMeters meters;
  private final LongSupplier nanos;
  private final InstantSource clock;
  private final Map<String, Integer> hosts = new HashMap<>();
  private final Map<Long, Integer> tenants = new HashMap<>();
  private final Promise<Void> quiet = Promise.promise();
  private int inProgress;
  private boolean claiming;
  private boolean wanted;
  private boolean stopped;
  private boolean storeDown;
  private long timer = -1;

  /** {@code nanos} is a monotonic clock. */
  Courier(
      Vertx vertx,
      WebhookOptions options,
      NodeId node,
      JobStore jobs,
      Sender sender,
      Retries retries,
      WebhookMeters meters,
      LongSupplier nanos,
      InstantSource clock) {
    this.vertx = vertx;
    this.options = options;
    this.node = node;
    this.jobs = jobs;
    this.sender = sender;
    this.retries = retries;
    this.meters = meters;
    this.nanos = nanos;
    this.clock = clock;
  }

  /** Looks into the outbox now, or once the look in progress is over. */
  void soon() {
    wanted = true;
    if (!claiming && !stopped) {
      look();
    }
  }

  /** Claims nothing more; completes when nothing is in progress. */
  Future<Void> stop() {
    stopped = true;
    vertx.cancelTimer(timer);
    checkQuiet();
    return quiet.future();
  }

  private void checkQuiet() {
    if (stopped && !claiming && inProgress == 0) {
      quiet.tryComplete();
    }
  }

  private void look() {
    vertx.cancelTimer(timer);
    int free = options.atOnce() - inProgress;
    if (free == 0) {
      return; // whichever ends first asks again
    }
    wanted = false;
    claiming = true;
    long asked = nanos.getAsLong();
    Busy busy =
        new Busy(full(hosts, options.atOncePerHost()), full(tenants, options.atOncePerTenant()));
    jobs.webhooks()
        .claim(node, free, busy, options.lease())
        .onSuccess(claimed -> claimed.forEach(delivery -> take(delivery, asked)))
        .onSuccess(claimed -> wanted |= claimed.size() == free)
        .onComplete(claimed -> looked(claimed.cause()));
  }

  private static <K> Set<K> full(Map<K, Integer> counts, int max) {
    return counts.entrySet().stream()
        .filter(count -> count.getValue() >= max)
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private void looked(@Nullable Throwable failure) {
    claiming = false;
    if (failure != null && !storeDown) {
      LOG.warn("webhooks: the outbox cannot be read, trying on: {}", failure.getMessage());
    }
    storeDown = failure != null;
    checkQuiet();
    if (stopped) {
      return;
    }
    if (wanted && !storeDown) {
      look();
    } else {
      timer = vertx.setTimer(options.pollEvery().toMillis(), at -> soon());
    }
  }

  private void take(Delivery delivery, long claimedAt) {
    if (stopped || busy(delivery)) {
      Duration wait = stopped ? Duration.ZERO : BUSY_WAIT;
      jobs.webhooks().release(delivery, wait).onFailure(lost -> lapses(delivery, lost));
      return;
    }
    hosts.merge(delivery.webhook().host(), 1, Integer::sum);
    tenants.merge(delivery.tenantId(), 1, Integer::sum);
    meters.inProgress(++inProgress);
    deliver(delivery, claimedAt)
        .onFailure(lost -> lapses(delivery, lost))
        .onComplete(over -> over(delivery));
  }

  private boolean busy(Delivery delivery) {
    return hosts.getOrDefault(delivery.webhook().host(), 0) >= options.atOncePerHost()
        || tenants.getOrDefault(delivery.tenantId(), 0) >= options.atOncePerTenant();
  }

  private static void lapses(Delivery delivery, Throwable failure) {
    LOG.warn(
        "webhook not recorded, it is tried again when its claim lapses: {} job={} webhook={}",
        failure.getMessage(),
        delivery.job(),
        delivery.id());
  }

  private void over(Delivery delivery) {
    hosts.computeIfPresent(delivery.webhook().host(), (host, n) -> n == 1 ? null : n - 1);
    tenants.computeIfPresent(delivery.tenantId(), (tenant, n) -> n == 1 ? null : n - 1);
    meters.inProgress(--inProgress);
    checkQuiet();
    soon();
  }

  private Future<?> deliver(Delivery delivery, long claimedAt) {
    return body(delivery)
        .compose(
            body ->
                body.isEmpty()
                    ? Future.succeededFuture(Reply.fatal("job_gone", "there is no such job"))
                    : late(claimedAt)
                        ? Future.failedFuture("claimed too long ago to begin")
                        : sender
                            .send(delivery, body.get())
                            .onSuccess(reply -> CrashPoint.OUTBOX_AFTER_POST.pass()))
        .recover(failure -> defect(delivery, failure))
        .map(reply -> delivery.job() == null ? reply.last() : reply)
        .compose(reply -> settle(delivery, retries.after(delivery.tries(), reply)));
  }

  /** What we cannot make a body of counts as a try: it must not come back for ever. */
  private static Future<Reply> defect(Delivery delivery, Throwable failure) {
    if (!(failure instanceof IllegalStateException)
        && !(failure instanceof SottoException ours && ours.code() == FailureCode.INTERNAL)) {
      return Future.failedFuture(failure);
    }
    LOG.error("no webhook can be made job={} webhook={}", delivery.job(), delivery.id(), failure);
    return Future.succeededFuture(Reply.defect());
  }

  /** A process that was frozen must not post what another may have claimed meanwhile. */
  private boolean late(long claimedAt) {
    long begins = options.lease().minus(options.timeout()).toNanos();
    return nanos.getAsLong() - claimedAt > begins;
  }

  private Future<Optional<Buffer>> body(Delivery delivery) {
    JobId job = delivery.job();
    if (job == null) {
      return Future.succeededFuture(Optional.of(Payload.test(delivery, clock.instant())));
    }
    return jobs.find(delivery.tenantId(), job)
        .compose(
            found ->
                found.isEmpty()
                    ? Future.succeededFuture(Optional.empty())
                    : body(delivery, found.get()).map(Optional::of));
  }

  private Future<Buffer> body(Delivery delivery, JobView job) {
    Future<List<JobStore.ChunkResult>> results =
        job.state() == JobState.COMPLETED
            ? jobs.results(job.id())
            : Future.succeededFuture(List.of());
    return results.map(
        list ->
            Payload.of(delivery.webhook().format(), delivery.type(), job, list, options.apiUrl()));
  }

  private Future<Void> settle(Delivery delivery, Settlement settlement) {
    CrashPoint.OUTBOX_BEFORE_MARK.pass();
    return jobs.webhooks()
        .settle(delivery, settlement)
        .compose(
            held -> {
              if (!held) {
                return Future.failedFuture(
                    new SottoException(FailureCode.LEASE_LOST, "its claim is no longer current"));
              }
              meters.settled(settlement);
              LOG.info(
                  "webhook {} status={} error={} ms={} job={} host={} try={} webhook={}"
                      + " endpoint={}",
                  settlement.state().wire(),
                  settlement.answer().status(),
                  settlement.answer().error(),
                  settlement.answer().ms(),
                  Objects.requireNonNullElse(delivery.job(), "-"),
                  delivery.webhook().host(),
                  delivery.tries() + 1,
                  delivery.id(),
                  Objects.requireNonNullElse(delivery.endpoint(), "-"));
              return Future.succeededFuture();
            });
  }
}
