package io.sotto.scheduler;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.scheduler.SchedulerOptions.Retention;
import io.sotto.storage.AuditAction;
import io.sotto.storage.AuditEntry;
import io.sotto.storage.JobEvents;
import io.sotto.storage.NewJob;
import io.sotto.storage.RetentionStore.Usual;
import io.sotto.storage.RetentionStore.Witness;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Tenant;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.sotto.testkit.JobRow;
import io.sotto.testkit.StoreGuards;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Rounds of the keeper and the cleaner on stores in memory, between which a test says what time it
 * is.
 */
class KeeperTest {
  private static final Witness WITNESS = new Witness("node-1");
  private static final Duration LONG = Duration.ofHours(1);

  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong nanos = new AtomicLong();
  private final FakeJobStore jobs = new FakeJobStore(System::nanoTime, new StoreGuards());
  private final FakeAudioStore audio = new FakeAudioStore();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ClusterBus bus = ClusterBus.open(vertx);
  private Context context;

  @BeforeEach
  void start() {
    Promise<Context> there = Promise.promise();
    VerticleBase verticle =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            there.complete(super.context);
            return Future.succeededFuture();
          }
        };
    await(
        vertx.deployVerticle(
            verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD)));
    context = await(there.future());
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  /** A node of the cluster, whose lease is good. */
  private final class Node {
    private final Keeper keeper;
    private final AudioCleaner cleaner;

    Node(boolean keepAudio, Usual usual, Duration orphanAge) {
      SchedulerOptions options =
          SchedulerOptions.of("scheduler", "test")
              .withKeepAudio(keepAudio)
              .withRetention(new Retention(usual, orphanAge, Duration.ZERO, WITNESS));
      var meters = new SchedulerMeters(registry);
      var events = new JobEvents(bus, jobs);
      var means = new Means(options, NodeId.create(), bus, jobs, audio, events, meters, nanos::get);
      var lease = new NodeLease(means);
      keeper = new Keeper(means, lease);
      cleaner = new AudioCleaner(means, lease);
      run(lease::beat);
    }

    void keep() {
      run(keeper::round);
    }

    void clean() {
      run(cleaner::round);
    }
  }

  private void run(Runnable round) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        on -> {
          try {
            round.run();
            done.complete();
          } catch (RuntimeException e) {
            done.fail(e);
          }
        });
    await(done.future());
  }

  private JobId ended(long tenant) {
    JobId id = accepted(tenant);
    await(jobs.cancel(tenant, id));
    return id;
  }

  private JobId accepted(long tenant) {
    JobId id = JobId.create(System.currentTimeMillis());
    StoredAudio stored = await(audio.put(AudioKey.upload(id), new byte[100]));
    TranscriptionOptions options = new TranscriptionOptions("m", "en", Task.TRANSCRIBE, null);
    await(jobs.insert(new NewJob(id, tenant, null, "h", options, stored, null, null)));
    await(audio.put(AudioKey.chunk(new ChunkId(id, 0)), new byte[10]));
    return id;
  }

  private List<AuditAction> written(JobId job) {
    return jobs.retention().entries().stream()
        .filter(entry -> entry.subject().equals(job.toString()))
        .map(AuditEntry::action)
        .toList();
  }

  private double deleted(String what) {
    return registry.counter("sotto.retention.deleted", "what", what).count();
  }

  private static Usual transcripts(Duration kept) {
    return new Usual(LONG, kept, LONG);
  }

  @Test
  void aJobWhoseTimeIsOverLeavesNothingButWhatTheAuditLogSays() {
    JobId open = accepted(1);
    JobId job = ended(1);
    await(jobs.putTenant(new Tenant(2, "", 1, null, null, LONG)));
    JobId others = ended(2);
    until(() -> jobs.retention().expired(transcripts(Duration.ZERO), 9), found -> !found.isEmpty());
    Node node = new Node(true, transcripts(Duration.ZERO), null);
    node.keep();
    assertEquals(List.of(AuditAction.JOB_EXPIRED), written(job));
    node.clean();
    assertEquals(List.of(AuditAction.JOB_EXPIRED, AuditAction.JOB_ERASED), written(job));
    assertEquals(
        Set.of(open, others), jobs.rows().stream().map(JobRow::id).collect(Collectors.toSet()));
    assertTrue(audio.keys().stream().noneMatch(key -> key.contains(job.toString())));
    assertTrue(audio.keys().contains(AudioKey.upload(others).value()), "it is kept");
    assertEquals(1, deleted("job"));
    assertEquals(1, registry.counter("sotto.jobs.erased").count());
    node.keep();
    node.clean();
    assertEquals(List.of(AuditAction.JOB_EXPIRED, AuditAction.JOB_ERASED), written(job));
  }

  /**
   * A bucket that is away when rows are gone, and again when the objects are: nothing is skipped.
   */
  @Test
  void whatTheBucketDidNotDeleteIsNotCalledErased() {
    JobId job = ended(1);
    Node node = new Node(false, transcripts(Duration.ZERO), null);
    until(() -> jobs.retention().expired(transcripts(Duration.ZERO), 9), found -> !found.isEmpty());
    node.keep();
    audio.down(true);
    assertThrows(SottoException.class, node::clean);
    assertEquals(List.of(AuditAction.JOB_EXPIRED), written(job));
    assertEquals(2, audio.keys().size());
    audio.down(false);
    node.clean();
    assertEquals(List.of(AuditAction.JOB_EXPIRED, AuditAction.JOB_ERASED), written(job));
    assertEquals(List.of(), audio.keys());
  }

  @Test
  void aRecordingGoesBeforeItsJob() {
    JobId job = ended(1);
    Node node = new Node(true, new Usual(Duration.ZERO, LONG, LONG), null);
    node.clean();
    assertEquals(List.of(AudioKey.upload(job).value()), audio.keys());
    until(
        () -> jobs.retention().worn(new Usual(Duration.ZERO, LONG, LONG), 9),
        found -> !found.isEmpty());
    node.keep();
    assertEquals(List.of(), audio.keys());
    assertEquals(List.of(AuditAction.AUDIO_EXPIRED), written(job));
    assertTrue(await(jobs.find(1, job)).isPresent());
    node.keep();
    assertEquals(1, deleted("audio"));
  }

  @Test
  void objectsWithoutAJobStayUntilTheyWereSeenForLong() {
    JobId gone = JobId.create(1);
    String upload = AudioKey.upload(gone).value();
    String chunk = AudioKey.chunk(new ChunkId(gone, 3)).value();
    accepted(1);
    await(audio.put(new AudioKey(upload), new byte[1]));
    await(audio.put(new AudioKey(chunk), new byte[1]));
    await(audio.put(new AudioKey("uploads/readme"), new byte[1]));
    await(audio.put(new AudioKey("inbox/" + gone), new byte[1]));
    Node patient = new Node(false, Usual.ALL, LONG);
    patient.keep();
    patient.keep();
    assertEquals(6, audio.keys().size(), "they were seen, and may be needed yet");
    assertEquals(2, registry.get("sotto.orphans").gauge().value());
  }

  @Test
  void aWalkDeletesWhatIsDueAndLeavesWhatIsNeededOrForeign() {
    JobId gone = JobId.create(1);
    String upload = AudioKey.upload(gone).value();
    String chunk = AudioKey.chunk(new ChunkId(gone, 3)).value();
    JobId open = accepted(1);
    for (String key : List.of(upload, chunk, "uploads/readme", "inbox/" + gone)) {
      await(audio.put(new AudioKey(key), new byte[1]));
    }
    Duration soon = Duration.ofMillis(1);
    until(() -> jobs.retention().metOrphans(List.of(upload, chunk), soon), due -> due.size() == 2);
    Node node = new Node(false, Usual.ALL, soon);
    node.keep();
    node.keep();
    assertEquals(
        List.of(
            AudioKey.chunk(new ChunkId(open, 0)).value(),
            "inbox/" + gone,
            AudioKey.upload(open).value(),
            "uploads/readme"),
        audio.keys());
    assertEquals(2, deleted("orphan"));
    assertEquals(0, registry.get("sotto.orphans").gauge().value());
    AuditEntry last = jobs.retention().entries().getLast();
    assertEquals(AuditAction.ORPHANS_DELETED, last.action());
  }

  /** It was met when its upload had ended and its row was about to come. */
  @Test
  void anObjectWhoseJobCameIsNotDeleted() {
    JobId id = JobId.create(System.currentTimeMillis());
    StoredAudio stored = await(audio.put(AudioKey.upload(id), new byte[100]));
    String key = stored.key().value();
    Duration soon = Duration.ofMillis(1);
    until(() -> jobs.retention().metOrphans(List.of(key), soon), due -> !due.isEmpty());
    TranscriptionOptions options = new TranscriptionOptions("m", "en", Task.TRANSCRIBE, null);
    await(jobs.insert(new NewJob(id, 1, null, "h", options, stored, null, null)));
    Node node = new Node(false, Usual.ALL, soon);
    node.keep();
    node.keep();
    assertEquals(List.of(key), audio.keys());
    assertEquals(0, deleted("orphan"));
  }
}
