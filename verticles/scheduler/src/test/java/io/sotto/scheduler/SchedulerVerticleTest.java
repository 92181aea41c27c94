package io.sotto.scheduler;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.CancelJob;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobAccepted;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PrepareAudio;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A scheduler on stores in memory, with ingest and worker nodes that do what a test says. */
class SchedulerVerticleTest {
  private static final Trail TRAIL =
      new Trail("r-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  private static final String MODEL = "base";
  private static final String SHA = "cd".repeat(32);
  private final Vertx vertx = Vertx.vertx();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final FakeJobStore jobs = new FakeJobStore();
  private final FakeAudioStore audio = new FakeAudioStore();
  private final NodeId node = NodeId.create();
  private final BlockingQueue<JobChanged> hints = new LinkedBlockingQueue<>();
  private SchedulerVerticle scheduler;

  @BeforeEach
  void start() {
    SchedulerOptions options = SchedulerOptions.of("scheduler", "test");
    scheduler = new SchedulerVerticle(options, node, bus, jobs, audio, new SimpleMeterRegistry());
    await(
        bus.subscribe(
            Addresses.HINTS,
            hint -> {
              if (hint instanceof JobChanged changed) {
                hints.add(changed);
              }
            }));
    await(
        vertx.deployVerticle(
            scheduler, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD)));
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  /** On whose behalf ingest nodes and workers were asked. */
  private final Queue<Trail> trails = new ConcurrentLinkedQueue<>();

  private JobId submit() {
    JobId id = JobId.create(System.currentTimeMillis());
    StoredAudio stored = await(audio.put(AudioKey.upload(id), new byte[100]));
    TranscriptionOptions options = new TranscriptionOptions(MODEL, "en", Task.TRANSCRIBE, null);
    await(jobs.insert(new NewJob(id, 1, null, "h", options, stored, null, null).with(TRAIL)));
    bus.publish(Addresses.HINTS, new JobAccepted(id));
    return id;
  }

  /** An ingest node whose recordings have {@code chunks} chunks of a second. */
  private NodeId ingest(int chunks) {
    NodeId ingest = NodeId.create();
    await(
        bus.serve(
            Addresses.ingest(ingest),
            (command, trail) -> {
              PrepareAudio work = (PrepareAudio) command;
              trails.add(trail);
              vertx.runOnContext(on -> report(ingest, work, chunks));
              return Future.succeededFuture(new Ack());
            }));
    offering(() -> bus.publish(Addresses.OFFERS, new IngestOffer(ingest, 2, 2)));
    return ingest;
  }

  private void report(NodeId ingest, PrepareAudio work, int chunks) {
    List<PreparedChunk> made = new ArrayList<>();
    for (int seq = 0; seq < chunks; seq++) {
      AudioKey key = AudioKey.chunk(new ChunkId(work.job(), seq));
      audio.put(key, new byte[10]);
      made.add(new PreparedChunk(seq, new Span(seq * 1000L, seq * 1000L + 1000), key, SHA, 10));
    }
    long ms = chunks * 1000L;
    bus.request(
        Addresses.scheduler(work.scheduler()),
        new ChunksPrepared(
            work.job(), work.attempt(), ingest, made, ms, new ChunksPrepared.End(chunks, ms)));
  }

  private void offering(Runnable offer) {
    offer.run();
    vertx.setPeriodic(200, tick -> offer.run());
  }

  /** A worker that takes up to two chunks and puts them into {@code taken}. */
  private final class Worker {
    private final NodeId id = NodeId.create();
    private final BlockingQueue<TranscribeChunk> taken = new LinkedBlockingQueue<>();
    private final BlockingQueue<CancelJob> cancelled = new LinkedBlockingQueue<>();
    private volatile boolean silent;
    private volatile boolean full;
    private final int free;

    Worker() {
      this(2);
    }

    /** Of two slots {@code free} are said to be so. */
    Worker(int free) {
      this.free = free;
      await(bus.serve(Addresses.worker(id), this::handle));
      offering(
          () -> {
            if (!silent) {
              bus.publish(
                  Addresses.OFFERS, new WorkerOffer(id, "cpu", List.of(MODEL), 2, free, 10));
            }
          });
    }

    private Future<Ack> handle(WorkerCommand command, Trail trail) {
      trails.add(trail);
      switch (command) {
        case TranscribeChunk chunk when full -> {
          return Future.failedFuture(new SottoException(FailureCode.WORKER_FULL, "no slot"));
        }
        case TranscribeChunk chunk -> taken.add(chunk);
        case CancelJob cancel -> cancelled.add(cancel);
      }
      return Future.succeededFuture(new Ack());
    }

    TranscribeChunk next() throws InterruptedException {
      TranscribeChunk chunk = taken.poll(15, TimeUnit.SECONDS);
      assertEquals(true, chunk != null, "no chunk came");
      return chunk;
    }

    Future<Ack> done(TranscribeChunk chunk, String text) {
      Segment segment = new Segment(0, 1, text, List.of(), 0, -0.1, 1, 0, List.of());
      ChunkTranscript transcript =
          new ChunkTranscript(
              "en", 1, List.of(segment), SHA, new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
      return bus.request(
          Addresses.scheduler(node),
          new ChunkTranscribed(chunk.chunk(), chunk.attempt(), id, transcript));
    }
  }

  private JobView ended(JobId job) {
    return until(() -> jobs.find(1, job), found -> found.orElseThrow().state().terminal())
        .orElseThrow();
  }

  @Test
  void aJobIsPreparedDispatchedAndCommitted() throws Exception {
    ingest(3);
    Worker worker = new Worker();
    JobId job = submit();
    for (int i = 0; i < 3; i++) {
      TranscribeChunk chunk = worker.next();
      assertEquals("fake:" + AudioKey.chunk(chunk.chunk()), chunk.url());
      assertEquals("en", chunk.options().language());
      await(worker.done(chunk, " " + chunk.chunk().seq()));
    }
    assertEquals(JobState.COMPLETED, ended(job).state());
    assertEquals(3, await(jobs.results(job)).size());
    JobChanged last = hints.poll(5, TimeUnit.SECONDS);
    while (last != null && !last.state().terminal()) {
      last = hints.poll(5, TimeUnit.SECONDS);
    }
    assertEquals(new JobChanged(job, JobState.COMPLETED), last);
    until(() -> Future.succeededFuture(audio.keys()), List::isEmpty);
    assertEquals(List.of(TRAIL, TRAIL, TRAIL, TRAIL), List.copyOf(trails));
  }

  @Test
  void aSilentWorkersChunkGoesToAnother() throws Exception {
    ingest(1);
    Worker first = new Worker();
    JobId job = submit();
    TranscribeChunk lost = first.next();
    first.silent = true;
    Worker second = new Worker();
    TranscribeChunk again = second.next();
    assertEquals(lost.chunk(), again.chunk());
    assertEquals(lost.attempt() + 1, again.attempt());
    SottoException refused =
        assertThrows(SottoException.class, () -> await(first.done(lost, " zombie")));
    assertEquals(FailureCode.LEASE_LOST, refused.code());
    await(second.done(again, " right"));
    assertEquals(JobState.COMPLETED, ended(job).state());
    assertEquals(second.id, await(jobs.results(job)).getFirst().node());
  }

  @Test
  void aFullWorkerCostsTheChunkNothing() throws Exception {
    ingest(1);
    Worker full = new Worker();
    full.full = true;
    JobId job = submit();
    until(() -> jobs.find(1, job), found -> found.orElseThrow().state() == JobState.RUNNING);
    full.full = false;
    TranscribeChunk chunk = full.next();
    await(full.done(chunk, " text"));
    assertEquals(JobState.COMPLETED, ended(job).state());
  }

  @Test
  void aFailureIsTriedAgainAndAFatalOneEndsTheJob() throws Exception {
    ingest(1);
    Worker worker = new Worker();
    JobId job = submit();
    TranscribeChunk first = worker.next();
    await(fail(worker, first, FailureCode.MODEL_FAULT));
    TranscribeChunk second = worker.next();
    assertEquals(first.attempt() + 1, second.attempt());
    await(fail(worker, second, FailureCode.BAD_REQUEST));
    JobView failed = ended(job);
    assertEquals(JobState.FAILED, failed.state());
    assertEquals(FailureCode.BAD_REQUEST, failed.failureCode());
  }

  private Future<Ack> fail(Worker worker, TranscribeChunk chunk, FailureCode code) {
    return bus.request(
        Addresses.scheduler(node),
        new ChunkFailed(chunk.chunk(), chunk.attempt(), worker.id, code, "it broke", true));
  }

  /** A job whose one chunk two nodes died over, ready once it has rested. */
  private JobId suspect() throws Exception {
    ingest(1);
    Worker worker = new Worker();
    JobId job = submit();
    for (int death = 1; death <= 2; death++) {
      assertFalse(worker.next().solitary());
      await(jobs.releaseWork(worker.id, List.of(worker.id), Duration.ofDays(1)));
    }
    worker.silent = true;
    until(() -> jobs.suspects(10), waiting -> !waiting.isEmpty());
    return job;
  }

  @Test
  void whatTwoNodesDiedOverGoesToAWorkerThatHasNothingElse() throws Exception {
    JobId job = suspect();
    Worker busy = new Worker(1);
    Worker idle = new Worker();
    TranscribeChunk alone = idle.next();
    assertTrue(alone.solitary());
    assertEquals(job, alone.chunk().job());
    await(idle.done(alone, " sound"));
    assertEquals(JobState.COMPLETED, ended(job).state());
    assertTrue(busy.taken.isEmpty());
  }

  @Test
  void aThirdDeathEndsItWithTheReason() throws Exception {
    JobId job = suspect();
    Worker last = new Worker();
    assertTrue(last.next().solitary());
    last.silent = true;
    JobView failed = ended(job);
    assertEquals(JobState.FAILED, failed.state());
    assertTrue(Objects.requireNonNull(failed.failureReason()).contains("with it alone"));
  }

  @Test
  void workersHearOfACancelledJob() throws Exception {
    ingest(1);
    Worker worker = new Worker();
    JobId job = submit();
    worker.next();
    await(jobs.cancel(1, job));
    bus.publish(Addresses.HINTS, new JobChanged(job, JobState.CANCELLED));
    assertEquals(new CancelJob(job), worker.cancelled.poll(10, TimeUnit.SECONDS));
  }

  @Test
  void theAudioOfADeletedJobGoesAsSoonAsTheStoreAnswers() {
    audio.down(true);
    JobId job = submit();
    await(audio.put(AudioKey.chunk(new ChunkId(job, 0)), new byte[9]));
    assertTrue(await(jobs.delete(1, job)).isPresent());
    JobId other = submit();
    await(jobs.cancel(1, other));
    assertEquals(3, audio.keys().size());
    audio.down(false);
    until(() -> Future.succeededFuture(audio.keys()), List::isEmpty);
    until(() -> jobs.deleted(10), List::isEmpty);
    assertTrue(jobs.rows().stream().noneMatch(row -> row.id().equals(job)), "no trace is left");
  }

  @Test
  void aDrainedSchedulerClaimsNothingMore() {
    Worker worker = new Worker();
    await(scheduler.drain(Duration.ofSeconds(2)));
    JobId job = submit();
    SottoException gone =
        assertThrows(
            SottoException.class,
            () ->
                await(
                    bus.request(
                        Addresses.scheduler(node),
                        new ChunkFailed(
                            new ChunkId(job, 0), 1, worker.id, FailureCode.DRAINING, "x", false))));
    assertEquals(FailureCode.NO_NODE, gone.code());
    assertEquals(JobState.ACCEPTED, await(jobs.find(1, job)).orElseThrow().state());
  }
}
