package io.sotto.scheduler;

import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.CancelJob;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterBus.Registration;
import io.sotto.protocol.ClusterMessage.Hint;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobAccepted;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.AudioStore;
import io.sotto.storage.JobEvents;
import io.sotto.storage.JobStore;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lifecycle and wiring of a scheduler; one instance a node, deployed with {@code
 * ThreadingModel.VIRTUAL_THREAD}. Starts also while the store is away, and claims once it answers.
 */
public final class SchedulerVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(SchedulerVerticle.class);
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);
  private static final Duration SUSPECTS_EVERY = Duration.ofSeconds(1);
  private static final Duration SWEEP_EVERY = Duration.ofSeconds(1);
  private static final Duration CLEAN_EVERY = Duration.ofSeconds(5);
  private static final Duration QUEUE_EVERY = Duration.ofSeconds(5);

  private final Means means;
  private final MeterRegistry meters;
  private final NodeLease lease;
  private final Roster<WorkerOffer, ChunkId> workers;
  private final Roster<IngestOffer, JobId> ingests;
  private final List<Registration> registrations = new ArrayList<>();
  private @Nullable Engine engine;
  private @Nullable Promise<Void> quiet;

  /** The store, the audio and the registry belong to the caller, who closes them after this. */
  public SchedulerVerticle(
      SchedulerOptions options,
      NodeId node,
      ClusterBus bus,
      JobStore jobs,
      AudioStore audio,
      MeterRegistry meters) {
    this(options, node, bus, jobs, audio, meters, System::nanoTime);
  }

  /** {@code nanos} is a monotonic clock. */
  SchedulerVerticle(
      SchedulerOptions options,
      NodeId node,
      ClusterBus bus,
      JobStore jobs,
      AudioStore audio,
      MeterRegistry meters,
      LongSupplier nanos) {
    this.meters = meters;
    JobEvents events = new JobEvents(bus, jobs);
    means = new Means(options, node, bus, jobs, audio, events, new SchedulerMeters(meters), nanos);
    lease = new NodeLease(means);
    workers = new Roster<>(node, options.times().silence());
    ingests = new Roster<>(node, options.times().silence());
  }

  /** What runs while deployed. */
  private record Engine(
      ReportDesk desk,
      Rounds beats,
      Rounds ticks,
      Rounds suspects,
      Rounds looks,
      Rounds sweeps,
      Rounds cleans,
      Rounds keeps,
      Rounds counts) {}

  @Override
  public void init(Vertx vertx, Context context) {
    super.init(vertx, context);
    HandBack handBack = new HandBack(means, context, this::workIsReady);
    var chunks = new ChunkDispatch(means, lease, workers, handBack);
    var suspects = new SuspectDispatch(means, lease, workers, ingests, chunks);
    var preparations = new PreparationDispatch(means, lease, ingests, handBack);
    var watch = new LossWatch(means, workers, ingests, this::workIsReady);
    var sweeper = new LeaseSweeper(means, lease, this::workIsReady);
    var cleaner = new AudioCleaner(means, lease);
    var keeper = new Keeper(means, lease);
    var queue = new QueueGauge(means, meters);
    engine =
        new Engine(
            new ReportDesk(means, workers, ingests, this::written),
            rounds("lease", means.options().times().renewEvery(), lease::beat),
            rounds("dispatch", means.options().pollEvery(), () -> dispatch(preparations, chunks)),
            rounds("suspects", SUSPECTS_EVERY, suspects::round),
            rounds("watch", LOOK_EVERY, watch::look),
            rounds("sweeper", SWEEP_EVERY, sweeper::round),
            rounds("cleaner", CLEAN_EVERY, cleaner::round),
            rounds("retention", CLEAN_EVERY, keeper::round),
            rounds("queue", QUEUE_EVERY, queue::look));
  }

  private Rounds rounds(String name, Duration every, Runnable round) {
    return new Rounds(name, context, every, round);
  }

  private static void dispatch(PreparationDispatch preparations, ChunkDispatch chunks) {
    preparations.fillIngests();
    chunks.fillWorkers();
  }

  @Override
  public Future<?> start() {
    ClusterBus bus = means.bus();
    ReportDesk desk = engine().desk();
    registrations.add(bus.serve(Addresses.scheduler(means.node()), desk::take).await());
    registrations.add(bus.serve(Addresses.ANY_SCHEDULER, desk::take).await());
    registrations.add(bus.subscribe(Addresses.HINTS, this::hinted).await());
    registrations.add(bus.subscribe(Addresses.OFFERS, this::offered).await());
    engine().beats().soon().await();
    engine().ticks().soon();
    engine().suspects().soon();
    engine().looks().soon();
    engine().sweeps().soon();
    engine().cleans().soon();
    engine().keeps().soon();
    engine().counts().soon();
    LOG.info("scheduler started node={}", means.node());
    return Future.succeededFuture();
  }

  private void hinted(Hint hint) {
    switch (hint) {
      case JobAccepted accepted -> engine().ticks().soon();
      case JobChanged changed -> changed(changed.job(), changed.state());
    }
  }

  /** Whoever works on a job that ended badly is told to stop; a lost word costs only their time. */
  private void changed(JobId job, JobState state) {
    if (state == JobState.FAILED || state == JobState.CANCELLED) {
      ingests.release(job::equals);
      for (NodeId worker : workers.release(chunk -> chunk.job().equals(job))) {
        LOG.info("cancelling job={} node={}", job, worker);
        means.bus().request(Addresses.worker(worker), new CancelJob(job));
      }
      checkQuiet();
    }
  }

  private void offered(Offer offer) {
    long now = means.nanos().getAsLong();
    boolean more =
        switch (offer) {
          case WorkerOffer worker -> workers.heard(worker, now);
          case IngestOffer ingest -> ingests.heard(ingest, now);
        };
    if (more) {
      engine().ticks().soon();
    }
  }

  /**
   * The cluster has given {@code node} up: one missed beat is enough to take its work away now,
   * where silence alone asks for several. Callable from any thread.
   */
  public void doubt(NodeId node) {
    context.runOnContext(
        now -> {
          workers.doubt(node);
          ingests.doubt(node);
        });
  }

  private void workIsReady() {
    context.runOnContext(now -> engine().ticks().soon());
  }

  private void written() {
    engine().ticks().soon();
    checkQuiet();
  }

  /**
   * Claims nothing more, waits up to {@code within} for the work that is out to be reported, stops
   * listening and leaves the register of nodes. Callable from any thread.
   */
  public Future<Void> drain(Duration within) {
    Promise<Void> drained = Promise.promise();
    context.runOnContext(now -> drain(within, drained));
    return drained.future();
  }

  private void drain(Duration within, Promise<Void> drained) {
    LOG.info(
        "scheduler drains chunks={} preparations={} node={}",
        workers.held(),
        ingests.held(),
        means.node());
    Promise<Void> waiting = Promise.promise();
    quiet = waiting;
    long timer = vertx.setTimer(Math.max(1, within.toMillis()), at -> waiting.tryComplete());
    try {
      engine().ticks().stop().await();
      engine().suspects().stop().await();
      engine().sweeps().stop().await();
      engine().cleans().stop().await();
      engine().keeps().stop().await();
      CrashPoint.DRAIN_MID.pass();
      checkQuiet();
      waiting.future().await();
      vertx.cancelTimer(timer);
      leave();
      drained.complete();
    } catch (RuntimeException e) {
      drained.fail(e);
    }
  }

  private void checkQuiet() {
    if (quiet != null
        && workers.held() == 0
        && ingests.held() == 0
        && engine().desk().busy() <= 1) {
      quiet.tryComplete();
    }
  }

  private void leave() {
    engine().counts().stop().await();
    engine().looks().stop().await();
    engine().beats().stop().await();
    List<Registration> open = List.copyOf(registrations);
    registrations.clear();
    open.forEach(registration -> registration.close().await());
    try {
      lease.end();
    } catch (RuntimeException e) {
      LOG.warn("lease not given up, it will run out: node={} {}", means.node(), e.getMessage());
    }
  }

  @Override
  public Future<?> stop() {
    engine().ticks().stop().await();
    engine().suspects().stop().await();
    engine().sweeps().stop().await();
    engine().cleans().stop().await();
    engine().keeps().stop().await();
    leave();
    return Future.succeededFuture();
  }

  private Engine engine() {
    if (engine == null) {
      throw new IllegalStateException("the scheduler is not deployed");
    }
    return engine;
  }
}
