package io.sotto.scheduler;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.Ack;
import io.sotto.protocol.Addresses;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.ClusterMessage;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobEvents;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.sotto.testkit.StoreGuards;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rounds of two schedulers for one suspect, with a clock that the test moves. */
class SuspectDispatchTest {
  private static final Duration LONG = Duration.ofMinutes(30);
  private static final String MODEL = "m";
  private static final String SHA = "ab".repeat(32);
  private static final int SLOTS = 2;

  private final Vertx vertx = Vertx.vertx();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private final NodeId worker = NodeId.create();
  private final BlockingQueue<ChunkId> taken = new LinkedBlockingQueue<>();
  private long now = 1;
  private final FakeJobStore jobs = new FakeJobStore(() -> now, new StoreGuards());
  private final Scheduler first = new Scheduler();
  private final Scheduler second = new Scheduler();

  /** One that hears the worker. */
  private final class Scheduler {
    private final NodeId node = NodeId.create();
    private final Roster<WorkerOffer, ChunkId> workers = new Roster<>(node, LONG);
    private final NodeLease lease;
    private final SuspectDispatch dispatch;

    Scheduler() {
      SchedulerOptions options = SchedulerOptions.of("scheduler", "test");
      FakeAudioStore audio = new FakeAudioStore();
      SchedulerMeters meters = new SchedulerMeters(new SimpleMeterRegistry());
      Means means =
          new Means(options, node, bus, jobs, audio, new JobEvents(bus, jobs), meters, () -> now);
      Roster<IngestOffer, JobId> ingests = new Roster<>(node, LONG);
      lease = new NodeLease(means);
      HandBack handBack = new HandBack(means, vertx.getOrCreateContext(), () -> {});
      var chunks = new ChunkDispatch(means, lease, workers, handBack);
      dispatch = new SuspectDispatch(means, lease, workers, ingests, chunks);
    }

    void hears(int free) {
      workers.heard(new WorkerOffer(worker, "cpu", List.of(MODEL), SLOTS, free, 1), now);
    }

    void round() {
      lease.beat();
      dispatch.round();
    }

    int free() {
      return workers.free(now).size();
    }
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private ChunkId suspect() {
    JobId job = JobId.create(1);
    ChunkId chunk = new ChunkId(job, 0);
    NodeId claimer = NodeId.create();
    var options = new TranscriptionOptions(MODEL, "en", Task.TRANSCRIBE, null);
    StoredAudio audio = new StoredAudio(AudioKey.upload(job), 100, SHA);
    await(jobs.register(claimer, "scheduler", "test", LONG));
    await(jobs.insert(new NewJob(job, 1, null, "h", options, audio, null, null)));
    int attempt = await(jobs.claimPreparations(claimer, 1, LONG)).getFirst().attempt();
    var made = new PreparedChunk(0, new Span(0, 1000), AudioKey.chunk(chunk), SHA, 10);
    var end = new ChunksPrepared.End(1, 1000);
    await(
        jobs.recordChunks(
            new ChunksPrepared(job, attempt, claimer, List.of(made), 1000, end), LONG));
    for (int death = 1; death <= 2; death++) {
      NodeId dying = NodeId.create();
      List<Lease> leases = await(jobs.claimChunks(claimer, dying, List.of(MODEL), 1, LONG));
      assertEquals(chunk, leases.getFirst().chunk());
      await(jobs.releaseWork(claimer, List.of(dying), LONG));
      pass(Duration.ofSeconds(1));
    }
    return chunk;
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  private Future<Ack> take(ClusterMessage.WorkerCommand command) {
    taken.add(((TranscribeChunk) command).chunk());
    return Future.succeededFuture(new Ack());
  }

  @Test
  void everySchedulerHoldsBackTheWorkerThatOneNamesUntilNobodyWaits() {
    await(bus.serve(Addresses.worker(worker), this::take));
    ChunkId suspect = suspect();
    first.hears(1);
    second.hears(1);
    first.round();
    second.round();
    assertEquals(1, first.free(), "there is patience");
    pass(SuspectDispatch.PATIENCE);
    first.round();
    assertEquals(Optional.of(worker), await(jobs.leader("held-back")));
    assertEquals(0, first.free());
    assertEquals(1, second.free());
    second.round();
    assertEquals(0, second.free(), "it need not lead for that");
    second.hears(SLOTS);
    second.round();
    assertEquals(1, await(jobs.suspects(9)).size(), "the other leads");
    first.hears(SLOTS);
    first.round();
    assertEquals(0, await(jobs.suspects(9)).size());
    assertEquals(suspect, taken.remove());
    first.hears(SLOTS);
    second.hears(SLOTS);
    first.round();
    second.round();
    assertEquals(1, first.free());
    assertEquals(1, second.free());
  }

  @Test
  void whoHearsNobodyLeavesTheDutyToOthers() {
    suspect();
    first.round();
    assertEquals(Optional.empty(), await(jobs.leader("suspects")));
    second.hears(1);
    second.round();
    assertEquals(Optional.of(true), await(jobs.leader("suspects")).map(leader -> true));
  }
}
