package io.sotto.worker;

import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.engine.ModelBundle;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.CancelJob;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.ModelFacts;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.WorkerOffer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mailbox of a worker: takes a chunk or refuses it at once, and says every second how many more
 * it could take. Deploy it on an event loop; the engine computes on threads of its own, so that the
 * mailbox answers while they are busy, and models are loaded on others still. The models are this
 * worker's until it has stopped; the caller, who opened them, closes them after it.
 */
public final class WorkerVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerVerticle.class);

  private final WorkerOptions options;
  private final NodeId node;
  private final ClusterBus bus;
  private final ChunkFetch fetch;
  private final WorkerModels models;
  private final WorkerMeters meters;
  private @Nullable ModelLender lender;
  private @Nullable Workbench bench;
  private @Nullable Registration mailbox;
  private boolean draining;
  private boolean stopped;
  private long offerTimer = -1;

  /** A worker that decodes with {@code models}. */
  public WorkerVerticle(
      WorkerOptions options,
      NodeId node,
      ClusterBus bus,
      ChunkFetch fetch,
      WorkerModels models,
      MeterRegistry registry) {
    this.options = options;
    this.node = node;
    this.bus = bus;
    this.fetch = fetch;
    this.models = models;
    this.meters = new WorkerMeters(registry, options.device());
  }

  @Override
  public void init(Vertx vertx, Context context) {
    super.init(vertx, context);
    models.loaded().forEach(model -> meters.loaded(model.name(), model.loadMs()));
    lender = new ModelLender(models, Background.of(context), options.modelRest(), meters);
    bench = new Workbench(options, node, bus, fetch, lender, context, meters, this::offer);
  }

  @Override
  public Future<?> start() {
    return bus.serve(Addresses.worker(node), this::handle)
        .onSuccess(
            served -> {
              mailbox = served;
              LOG.info("worker offers models={} node={}", lender().offered(), node);
              offerAgain();
            });
  }

  /** Ends at once: whatever runs is handed back unharmed. {@link #drain} first to let it finish. */
  @Override
  public Future<?> stop() {
    draining = true;
    stopped = true;
    vertx.cancelTimer(offerTimer);
    bench().handBackAll("the worker stopped");
    return Future.join(closeMailbox(), lender().close());
  }

  /**
   * Takes no more chunks, lets those it has finish for three quarters of {@code within}, hands the
   * rest back uncharged, and completes when every report is acknowledged or {@code within} is over.
   * Callable from any thread.
   */
  public Future<Void> drain(Duration within) {
    Promise<Void> drained = Promise.promise();
    context.runOnContext(now -> drain(within, drained));
    return drained.future();
  }

  private void drain(Duration within, Promise<Void> drained) {
    draining = true;
    offer();
    LOG.info("worker drains running={} node={}", bench().running(), node);
    long withinMs = Math.max(4, within.toMillis());
    long handBack =
        vertx.setTimer(withinMs * 3 / 4, at -> bench().handBackAll("the worker is leaving"));
    Promise<Void> over = Promise.promise();
    long timeUp = vertx.setTimer(withinMs, at -> over.tryComplete());
    bench().idle().onComplete(idle -> over.tryComplete());
    over.future()
        .onComplete(done -> vertx.cancelTimer(handBack))
        .onComplete(done -> vertx.cancelTimer(timeUp))
        .compose(done -> closeMailbox())
        .onComplete(drained);
  }

  private Future<Void> closeMailbox() {
    Registration open = mailbox;
    mailbox = null;
    return open == null ? Future.succeededFuture() : open.close();
  }

  private Future<Ack> handle(WorkerCommand command, Trail trail) {
    return switch (command) {
      case TranscribeChunk chunk -> take(chunk, trail);
      case CancelJob cancel -> cancel(cancel.job());
    };
  }

  private Future<Ack> take(TranscribeChunk command, Trail trail) {
    if (draining) {
      return refuse(FailureCode.DRAINING, "worker " + node + " is leaving");
    }
    String model = command.options().model();
    return lender().offers(model)
        ? bench().take(command, trail)
        : refuse(FailureCode.UNKNOWN_MODEL, "worker " + node + " has no model " + model);
  }

  private static Future<Ack> refuse(FailureCode code, String reason) {
    return Future.failedFuture(new SottoException(code, reason));
  }

  private Future<Ack> cancel(JobId job) {
    bench().cancel(job);
    return Future.succeededFuture(new Ack());
  }

  private void offerAgain() {
    if (!stopped) {
      lender().tick();
      offer();
      offerTimer = vertx.setTimer(options.offerEvery().toMillis(), again -> offerAgain());
    }
  }

  private void offer() {
    Workbench now = bench();
    meters.occupied(now.slots(), now.running(), now.reports());
    meters.holds(models.loaded().size(), models.shelf().bytes());
    bus.publish(
        Addresses.OFFERS,
        new WorkerOffer(
            node,
            options.device(),
            lender().offered(),
            now.slots(),
            draining ? 0 : now.free(),
            now.speed(),
            facts(now),
            now.feeder()));
  }

  private List<ModelFacts> facts(Workbench now) {
    List<ModelFacts> facts = new ArrayList<>();
    for (String name : lender().offered()) {
      ModelBundle.Outline is = lender().outline(name);
      if (is != null) {
        facts.add(
            new ModelFacts(
                name, is.fileBytes(), is.precision(), is.languages(), is.rows(), now.speed(name)));
      }
    }
    return facts;
  }

  private ModelLender lender() {
    if (lender == null) {
      throw new IllegalStateException("the worker is not deployed");
    }
    return lender;
  }

  private Workbench bench() {
    if (bench == null) {
      throw new IllegalStateException("the worker is not deployed");
    }
    return bench;
  }
}
