package io.sotto.scheduler;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage.WorkerCommand;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A tenant that floods a real scheduler, and another that does not. Time is virtual: a worker of
 * four slots finishes one chunk a tick, so that a chunk's service takes four.
 */
class FairnessTest {
  private static final String MODEL = "base";
  private static final String SHA = "cd".repeat(32);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int SLOTS = 4;
  private static final int CHUNK_MS = 30_000;
  private static final long FLOOD = 1;
  private static final long OTHER = 2;

  private final Vertx vertx = Vertx.vertx();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final FakeJobStore jobs = new FakeJobStore();
  private final NodeId scheduler = NodeId.create();
  private final NodeId preparer = NodeId.create();
  private final NodeId worker = NodeId.create();
  private final BlockingQueue<TranscribeChunk> taken = new LinkedBlockingQueue<>();
  private final Queue<TranscribeChunk> busy = new ArrayDeque<>();
  private final Map<JobId, Integer> submitted = new HashMap<>();
  private final Map<JobId, List<Integer>> waits = new HashMap<>();
  private int tick;

  @BeforeEach
  void start() {
    SchedulerOptions options = SchedulerOptions.of("scheduler", "test");
    SchedulerOptions patient = options.withTimes(silence(options.times()));
    var verticle =
        new SchedulerVerticle(
            patient, scheduler, bus, jobs, new FakeAudioStore(), new SimpleMeterRegistry());
    await(jobs.register(preparer, "test", "test", LONG));
    await(bus.serve(Addresses.worker(worker), this::take));
    await(
        vertx.deployVerticle(
            verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD)));
  }

  /** The worker speaks when the test does, which may be slow. */
  private static SchedulerOptions.Times silence(SchedulerOptions.Times usual) {
    return new SchedulerOptions.Times(
        usual.nodeLease(),
        usual.renewEvery(),
        usual.leaseMargin(),
        LONG,
        usual.chunkDeadline(),
        usual.chunkDeadlineMax(),
        usual.preparationLease(),
        usual.refusalDelay(),
        usual.sourceUrlTtl(),
        usual.dutyLease());
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private Future<Ack> take(WorkerCommand command) {
    if (command instanceof TranscribeChunk chunk) {
      taken.add(chunk);
    }
    return Future.succeededFuture(new Ack());
  }

  private JobId submit(long tenant, int chunks) {
    JobId id = JobId.create(System.currentTimeMillis());
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 100, SHA);
    TranscriptionOptions options = new TranscriptionOptions(MODEL, "en", Task.TRANSCRIBE, null);
    await(jobs.insert(new NewJob(id, tenant, null, "h", options, audio, null, null)));
    int attempt = await(jobs.claimPreparations(preparer, 1, LONG)).getFirst().attempt();
    List<PreparedChunk> made = new ArrayList<>();
    for (int seq = 0; seq < chunks; seq++) {
      long begin = (long) seq * CHUNK_MS;
      Span span = new Span(begin, begin + CHUNK_MS);
      made.add(new PreparedChunk(seq, span, AudioKey.chunk(new ChunkId(id, seq)), SHA, 10));
    }
    long ms = (long) chunks * CHUNK_MS;
    ChunksPrepared.End end = new ChunksPrepared.End(chunks, ms);
    await(jobs.recordChunks(new ChunksPrepared(id, attempt, preparer, made, ms, end), LONG));
    submitted.put(id, tick);
    return id;
  }

  private void offer(int free) {
    bus.publish(Addresses.OFFERS, new WorkerOffer(worker, "cpu", List.of(MODEL), SLOTS, free, 10));
  }

  private void next() throws InterruptedException {
    TranscribeChunk chunk = taken.poll(20, TimeUnit.SECONDS);
    assertNotNull(chunk, "no chunk came at tick " + tick);
    JobId job = chunk.chunk().job();
    waits.computeIfAbsent(job, first -> new ArrayList<>()).add(tick - submitted.get(job));
    busy.add(chunk);
  }

  private void fill() throws InterruptedException {
    offer(SLOTS);
    for (int i = 0; i < SLOTS; i++) {
      next();
    }
  }

  /** The oldest chunk is done, and its slot filled again. */
  private void passTick() throws InterruptedException {
    tick++;
    TranscribeChunk done = busy.remove();
    ChunkTranscript transcript =
        new ChunkTranscript("en", 1, List.of(), SHA, new ChunkTranscript.StageTimes(1, 1, 1, 1, 1));
    await(
        bus.request(
            Addresses.scheduler(scheduler),
            new ChunkTranscribed(done.chunk(), done.attempt(), worker, transcript)));
    offer(1);
    next();
  }

  @Test
  void tenClipsBesideTenThousandChunksWaitLessThanTwoServiceTimes() throws Exception {
    submit(FLOOD, 10_000);
    fill();
    List<JobId> clips = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      if (i % SLOTS == 0 && clips.size() < 10) {
        clips.add(submit(OTHER, 1));
      }
      passTick();
    }
    List<Integer> ticks = clips.stream().map(clip -> waits.get(clip).getFirst()).sorted().toList();
    double p95 = ticks.getLast() / (double) SLOTS;
    System.out.println("waits of ten clips beside 10,000 chunks, in service times: p95 " + p95);
    assertTrue(p95 <= 2, () -> "ticks waited: " + ticks);
  }

  @Test
  void aRecordingOfTenChunksBesideTenThousandGetsHalfOfTheSlots() throws Exception {
    submit(FLOOD, 10_000);
    fill();
    JobId ten = submit(OTHER, 10);
    for (int i = 0; i < 2 * 10 + SLOTS; i++) {
      passTick();
    }
    List<Integer> ticks = waits.get(ten);
    assertTrue(ticks.size() == 10, () -> "ticks waited: " + ticks);
    for (int i = 0; i < 10; i++) {
      assertTrue(ticks.get(i) <= 2 * (i + 1), () -> "ticks waited: " + ticks);
    }
  }

  @Test
  void aClipPassesATenantsOwnLongFile() throws Exception {
    submit(FLOOD, 10_000);
    fill();
    for (int i = 0; i < 20; i++) {
      passTick();
    }
    JobId clip = submit(FLOOD, 1);
    passTick();
    passTick();
    assertTrue(waits.containsKey(clip), "it was its turn within half a service time");
  }
}
