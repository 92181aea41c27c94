package io.sotto.scheduler.webhook;

import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.ClusterMessage.Hint;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.net.SystemNames;
import io.sotto.storage.JobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClientOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lifecycle and wiring of webhook delivery on a scheduler's node, under that node's lease. Hears of
 * ended jobs and, lest a word was lost, looks into the outbox every while.
 */
public final class WebhookVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(WebhookVerticle.class);
  private static final String NAMES = "webhook-names";
  private static final int NAME_THREADS_MAX = 64;

  private final WebhookOptions options;
  private final NodeId node;
  private final ClusterBus bus;
  private final JobStore jobs;
  private final MeterRegistry meters;
  private @Nullable WorkerExecutor names;
  private @Nullable Courier courier;
  private @Nullable Registration ear;

  /** The store and the registry belong to the caller, who closes them after this. */
  public WebhookVerticle(
      WebhookOptions options, NodeId node, ClusterBus bus, JobStore jobs, MeterRegistry meters) {
    this.options = options;
    this.node = node;
    this.bus = bus;
    this.jobs = jobs;
    this.meters = meters;
  }

  @Override
  public Future<?> start() {
    WorkerExecutor threads =
        vertx.createSharedWorkerExecutor(NAMES, Math.min(NAME_THREADS_MAX, options.atOnce()));
    names = threads;
    Post post = new HttpPost(vertx, new HttpClientOptions(), options.atOncePerHost());
    InstantSource clock = InstantSource.system();
    Sender sender = new Sender(options, new SystemNames(threads), post, clock);
    Retries retries = new Retries(options.waits(), () -> ThreadLocalRandom.current().nextDouble());
    LongSupplier nanos = System::nanoTime;
    WebhookMeters counts = new WebhookMeters(meters);
    Courier made = new Courier(vertx, options, node, jobs, sender, retries, counts, nanos, clock);
    courier = made;
    made.soon();
    return bus.subscribe(Addresses.HINTS, hint -> heard(made, hint)).onSuccess(on -> ear = on);
  }

  private static void heard(Courier courier, Hint hint) {
    if (hint instanceof JobChanged changed && changed.state().terminal()) {
      courier.soon();
    }
  }

  /**
   * Takes nothing more out, and waits up to {@code within} for what is on its way; what is not
   * recorded by then is delivered by another node. Callable from any thread.
   */
  public Future<Void> drain(Duration within) {
    Promise<Void> drained = Promise.promise();
    context.runOnContext(now -> drainNow(within).onComplete(drained));
    return drained.future();
  }

  private Future<Void> drainNow(Duration within) {
    Courier made = courier;
    if (made == null) {
      return Future.succeededFuture();
    }
    return made.stop()
        .timeout(Math.max(1, within.toMillis()), TimeUnit.MILLISECONDS)
        .otherwise(
            late -> {
              LOG.warn("webhooks are still on their way, others will see to them: node={}", node);
              return null;
            });
  }

  @Override
  public Future<?> stop() {
    Courier made = courier;
    if (made != null) {
      made.stop();
    }
    Registration listening = ear;
    Future<?> deaf = listening == null ? Future.succeededFuture() : listening.close();
    WorkerExecutor threads = names;
    return deaf.eventually(() -> threads == null ? Future.succeededFuture() : threads.close());
  }
}
