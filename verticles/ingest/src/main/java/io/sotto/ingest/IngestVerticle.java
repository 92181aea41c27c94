package io.sotto.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.sotto.engine.SpeechDetector;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.ClusterMessage.IngestCommand;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.Feeder;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PrepareAudio;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Subject;
import io.sotto.protocol.Traces;
import io.sotto.protocol.Trail;
import io.sotto.storage.AudioStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mailbox of an ingest node: takes recordings while slots are free, offers the free ones every
 * second and on every change, and says no to the rest. The work itself is a {@link Workshop} each.
 */
public final class IngestVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(IngestVerticle.class);

  private final IngestOptions options;
  private final NodeId node;
  private final ClusterBus bus;
  private final AudioStore store;
  private final SourceDownload download;
  private final Supplier<SpeechDetector> detectors;
  private final ExecutorService pool;
  private final IngestMeters meters;
  private final List<Workshop> running = new ArrayList<>();
  private final Feeder feeder = new Feeder();
  private Workshop.@Nullable Tools tools;
  private @Nullable Registration mailbox;
  private @Nullable Promise<Void> idle;
  private long offerTimer;
  private boolean watching;
  private boolean draining;

  /**
   * {@code store} needs to write under {@code chunks/} only; uploads come by {@code download}.
   * {@code detectors} gives a fresh detector a recording.
   */
  public IngestVerticle(
      IngestOptions options,
      NodeId node,
      ClusterBus bus,
      AudioStore store,
      SourceDownload download,
      Supplier<SpeechDetector> detectors,
      MeterRegistry registry) {
    this.options = options;
    this.node = node;
    this.bus = bus;
    this.store = store;
    this.download = download;
    this.detectors = detectors;
    this.meters = new IngestMeters(registry, options.slots());
    this.pool =
        Executors.newFixedThreadPool(
            options.slots(), Thread.ofPlatform().name("ingest-", 0).daemon().factory());
  }

  private void equip(Path temp) {
    tools =
        new Workshop.Tools(
            options, temp, node, bus, store, download, detectors, pool, meters, vertx, context);
  }

  @Override
  public Future<?> start() {
    return vertx
        .executeBlocking(() -> TempFolder.mine(options.temp()))
        .onSuccess(this::equip)
        .compose(empty -> bus.serve(Addresses.ingest(node), this::handle))
        .onSuccess(
            served -> {
              mailbox = served;
              LOG.info("ingest offers slots={} node={}", options.slots(), node);
              offerAgain();
            });
  }

  private Future<Ack> handle(IngestCommand command, Trail trail) {
    return switch (command) {
      case PrepareAudio work -> take(work, trail);
    };
  }

  private Future<Ack> take(PrepareAudio work, Trail trail) {
    if (draining) {
      return refuse(FailureCode.DRAINING, "ingest node " + node + " is leaving");
    }
    if (running.size() >= options.slots()) {
      return refuse(FailureCode.WORKER_FULL, "ingest node " + node + " has no free slot");
    }
    Subject subject = Subject.of(work.job(), node, work.attempt(), trail);
    LOG.info("preparing {}", subject);
    Span span = bus.traces().begin("prepare", subject);
    Subject inside = subject.with(Traces.at(trail, span));
    Workshop shop = new Workshop(java.util.Objects.requireNonNull(tools), work, inside, span);
    running.add(shop);
    shop.run()
        .onComplete(
            over -> {
              running.remove(shop);
              feeder.freed(System.nanoTime());
              if (draining && running.isEmpty() && idle != null) {
                idle.tryComplete();
              }
              offer();
              tellWhenHungry();
            });
    feeder.fed(work.scheduler(), free(), System.nanoTime());
    offer();
    tellWhenHungry();
    return Future.succeededFuture(new Ack());
  }

  private int free() {
    return options.slots() - running.size();
  }

  /** Slots that their scheduler leaves empty are anybody's, which all must hear at once. */
  private void tellWhenHungry() {
    if (!watching && !draining && free() > 0 && !fedBy().equals(NodeId.NOBODY)) {
      watching = true;
      vertx.setTimer(
          Feeder.PATIENCE.toMillis() + 1,
          at -> {
            watching = false;
            if (fedBy().equals(NodeId.NOBODY)) {
              offer();
            }
            tellWhenHungry();
          });
    }
  }

  private NodeId fedBy() {
    return feeder.of(System.nanoTime());
  }

  private static Future<Ack> refuse(FailureCode code, String reason) {
    return Future.failedFuture(new SottoException(code, reason));
  }

  private void offerAgain() {
    offer();
    offerTimer = vertx.setTimer(IngestOptions.OFFER_EVERY.toMillis(), again -> offerAgain());
  }

  private void offer() {
    meters.busy(running.size());
    int free = draining ? 0 : free();
    bus.publish(Addresses.OFFERS, new IngestOffer(node, options.slots(), free, fedBy()));
  }

  /**
   * Takes nothing more, lets what runs finish for half of {@code within}, hands the rest back, and
   * completes when all is told or the time is over. Callable from any thread.
   */
  public Future<Void> drain(Duration within) {
    Promise<Void> drained = Promise.promise();
    context.runOnContext(
        on -> {
          draining = true;
          idle = drained;
          offer();
          if (running.isEmpty()) {
            drained.tryComplete();
          }
          vertx.setTimer(
              Math.max(1, within.toMillis() / 2),
              at -> List.copyOf(running).forEach(Workshop::handBack));
          vertx.setTimer(Math.max(2, within.toMillis()), at -> drained.tryComplete());
        });
    return drained.future();
  }

  @Override
  public Future<?> stop() {
    draining = true;
    vertx.cancelTimer(offerTimer);
    List.copyOf(running).forEach(Workshop::stop);
    pool.shutdownNow();
    Registration open = mailbox;
    return open == null ? Future.succeededFuture() : open.close();
  }
}
