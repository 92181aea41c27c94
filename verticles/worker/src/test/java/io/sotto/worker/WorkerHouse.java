package io.sotto.worker;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.engine.Transcriber;
import io.sotto.engine.Wav;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.ClusterMessage.SchedulerReport;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.protocol.WorkerOffer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/** One worker on a bus of its own, with a scheduler that the test plays. */
final class WorkerHouse implements AutoCloseable {
  static final int SAMPLES = 16_000;
  static final byte[] SOUND = Wav.write(new short[SAMPLES], 0, SAMPLES);
  static final JobId JOB = JobId.create(1);

  final Vertx vertx = Vertx.vertx();
  final ClusterBus bus = ClusterBus.open(vertx);
  final NodeId worker = NodeId.create();
  final NodeId scheduler = NodeId.create();
  final LinkedBlockingQueue<SchedulerReport> reports = new LinkedBlockingQueue<>();
  final LinkedBlockingQueue<Trail> trails = new LinkedBlockingQueue<>();
  final LinkedBlockingQueue<WorkerOffer> offers = new LinkedBlockingQueue<>();
  final WorkerModels models;
  final WorkerVerticle verticle;

  WorkerHouse(Transcriber engine) {
    this(engine, (url, sha256) -> Future.succeededFuture(SOUND), options());
  }

  WorkerHouse(Transcriber engine, ChunkFetch fetch, WorkerOptions options) {
    this(new FakeSource().with(engine), List.of(FakeTranscriber.MODEL), fetch, options);
  }

  WorkerHouse(FakeSource source, List<String> models) {
    this(source, models, (url, sha256) -> Future.succeededFuture(SOUND), options());
  }

  private WorkerHouse(
      FakeSource source, List<String> names, ChunkFetch fetch, WorkerOptions options) {
    models = WorkerModels.open(source, names, 1_000, Duration.ofMinutes(10));
    verticle = new WorkerVerticle(options, worker, bus, fetch, models, new SimpleMeterRegistry());
    bus.subscribe(Addresses.OFFERS, this::heard).await();
  }

  private void heard(Offer offer) {
    offers.add(assertInstanceOf(WorkerOffer.class, offer));
  }

  /** Short waits, no prefetch: what runs is what the engine has slots for. */
  static WorkerOptions options() {
    return new WorkerOptions(
        "cpu",
        0,
        Duration.ofSeconds(1),
        4,
        Duration.ofSeconds(30),
        Duration.ofMillis(1),
        Duration.ofMillis(20),
        Duration.ofMillis(50));
  }

  WorkerHouse deploy() {
    vertx.deployVerticle(verticle).await();
    return this;
  }

  /** Answers at the scheduler's own address; what is acknowledged can be taken from reports. */
  WorkerHouse withScheduler() {
    return withScheduler(report -> Future.succeededFuture(new Ack()));
  }

  WorkerHouse withScheduler(Function<SchedulerReport, Future<Ack>> answer) {
    bus.serve(
            Addresses.scheduler(scheduler),
            (report, trail) ->
                answer
                    .apply(report)
                    .onSuccess(
                        ack -> {
                          trails.add(trail);
                          reports.add(report);
                        }))
        .await();
    return this;
  }

  Future<Ack> send(int seq, int attempt) {
    return send(command(seq, attempt, 60_000));
  }

  /** On behalf of the request behind {@code trail}. */
  Future<Ack> send(WorkerCommand command, Trail trail) {
    return bus.request(Addresses.worker(worker), command, trail);
  }

  Future<Ack> send(WorkerCommand command) {
    return bus.request(Addresses.worker(worker), command);
  }

  TranscribeChunk command(int seq, int attempt, long limitMs) {
    return command(seq, attempt, limitMs, FakeTranscriber.MODEL);
  }

  TranscribeChunk command(int seq, int attempt, long limitMs, String model) {
    return new TranscribeChunk(
        new ChunkId(JOB, seq),
        attempt,
        scheduler,
        new Span(seq * 1000L, seq * 1000L + 1000),
        "http://store/chunk",
        "00",
        new TranscriptionOptions(model, "en", Task.TRANSCRIBE, null),
        limitMs);
  }

  <R extends SchedulerReport> R report(Class<R> type) throws InterruptedException {
    SchedulerReport report = reports.poll(10, TimeUnit.SECONDS);
    assertNotNull(report, "no report within 10 s");
    return assertInstanceOf(type, report);
  }

  WorkerOffer offer(Predicate<WorkerOffer> wanted) throws InterruptedException {
    while (true) {
      WorkerOffer offer = offers.poll(10, TimeUnit.SECONDS);
      assertNotNull(offer, "no such offer within 10 s");
      if (wanted.test(offer)) {
        return offer;
      }
    }
  }

  static <T> Future<T> failed(FailureCode code) {
    return Future.failedFuture(new SottoException(code, "the test says so"));
  }

  @Override
  public void close() {
    vertx.close().await();
    models.close();
  }
}
