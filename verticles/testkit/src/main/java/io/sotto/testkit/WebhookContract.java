package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparationFailed;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Commit;
import io.sotto.storage.JobStore.Inserted;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookStore.Answer;
import io.sotto.storage.WebhookStore.Delivery;
import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.Settlement;
import io.sotto.storage.WebhookStore.State;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every job store promises of webhooks, of idempotency keys that race, and of results that are
 * reused. Runs on a store that other tests use too: each has its own model and host.
 */
public abstract class WebhookContract {
  private static final long TENANT = 1;
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final String DIGEST = "ab".repeat(32);

  private final NodeId scheduler = NodeId.create();
  private final NodeId node = NodeId.create();
  private final String model = "model-" + UUID.randomUUID();
  private final String sha = UUID.randomUUID().toString();
  private final String host = UUID.randomUUID() + ".example";
  private final Webhook webhook =
      new Webhook("https://" + host + "/a", host, null, WebhookFormat.STANDARD);
  private JobStore store;

  protected abstract JobStore store();

  @BeforeEach
  void register() {
    store = store();
    await(store.register(scheduler, "scheduler", "test", LONG));
  }

  private NewJob job(String prompt) {
    JobId id = JobId.create(System.currentTimeMillis());
    TranscriptionOptions options = new TranscriptionOptions(model, "en", Task.TRANSCRIBE, prompt);
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 4711, sha);
    return new NewJob(id, TENANT, null, "h", options, audio, "a.mp3", "audio/mpeg");
  }

  private JobId insert() {
    NewJob job = job("p").withWebhook(webhook);
    assertTrue(await(store.insert(job)).created());
    return job.id();
  }

  private int prepare(JobId job) {
    return until(
            () -> store.claimPreparations(scheduler, 100, LONG),
            claimed -> claimed.stream().anyMatch(p -> p.job().equals(job)))
        .stream()
        .filter(p -> p.job().equals(job))
        .findFirst()
        .orElseThrow()
        .attempt();
  }

  private ChunksPrepared prepared(JobId job, int attempt, int chunks) {
    List<PreparedChunk> made = new ArrayList<>();
    for (int seq = 0; seq < chunks; seq++) {
      AudioKey key = AudioKey.chunk(new ChunkId(job, seq));
      made.add(new PreparedChunk(seq, new Span(seq * 1000L, seq * 1000L + 1000), key, DIGEST, 9));
    }
    long ms = chunks * 1000L;
    return new ChunksPrepared(job, attempt, node, made, ms, new ChunksPrepared.End(chunks, ms));
  }

  private List<Lease> running(JobId job, int chunks) {
    await(store.recordChunks(prepared(job, prepare(job), chunks), LONG));
    return await(store.claimChunks(scheduler, node, List.of(model), chunks, LONG));
  }

  private ChunkTranscribed result(Lease lease, String digest) {
    String text = " " + lease.chunk().seq();
    Segment segment = new Segment(0, 1, text, List.of(1), 0, -0.1, 1, 0, List.of());
    ChunkTranscript.StageTimes times = new ChunkTranscript.StageTimes(1, 1, 1, 1, 1);
    ChunkTranscript transcript = new ChunkTranscript("en", 1, List.of(segment), digest, times);
    return new ChunkTranscribed(lease.chunk(), lease.attempt(), node, transcript);
  }

  private void complete(JobId job, int chunks, String digest) {
    running(job, chunks).forEach(lease -> await(store.commit(result(lease, digest))));
    assertEquals(JobState.COMPLETED, view(job).state());
  }

  private JobView view(JobId job) {
    return await(store.find(TENANT, job)).orElseThrow();
  }

  private List<Entry> log(JobId job) {
    return await(store.webhooks().log(TENANT, job));
  }

  private Entry only(JobId job) {
    List<Entry> log = log(job);
    assertEquals(1, log.size(), log::toString);
    return log.getFirst();
  }

  /** Claims until something to this test's host is among it; the rest is given back. */
  private List<Delivery> claim(Duration lease) {
    List<Delivery> ours = new ArrayList<>();
    for (Delivery delivery : await(store.webhooks().claim(scheduler, 1_000, List.of(), lease))) {
      if (delivery.webhook().host().equals(host)) {
        ours.add(delivery);
      } else {
        await(store.webhooks().release(delivery, Duration.ZERO));
      }
    }
    return ours;
  }

  private static Settlement settlement(State state, Duration wait, Integer status) {
    return new Settlement(state, wait, new Answer(status, null, null, 12));
  }

  @Test
  void theLastCommitWritesTheEventAndNoneBefore() {
    JobId job = insert();
    List<Lease> leases = running(job, 2);
    await(store.commit(result(leases.getFirst(), DIGEST)));
    assertEquals(List.of(), log(job));
    for (int again = 0; again < 3; again++) {
      assertTrue(await(store.commit(result(leases.getLast(), DIGEST))).accepted());
      Entry entry = only(job);
      assertEquals("transcription.completed", entry.type());
      assertEquals(State.PENDING, entry.state());
    }
    assertEquals(1, claim(LONG).size());
  }

  @Test
  void everyWayAJobEndsWritesItsEventOnce() {
    JobId silent = insert();
    ChunksPrepared nothing = prepared(silent, prepare(silent), 0);
    await(store.recordChunks(nothing, LONG));
    await(store.recordChunks(nothing, LONG));
    assertEquals("transcription.completed", only(silent).type());

    JobId bad = insert();
    PreparationFailed report =
        new PreparationFailed(bad, prepare(bad), node, FailureCode.BAD_AUDIO, "no audio");
    await(store.failPreparation(report));
    await(store.failPreparation(report));
    assertEquals("transcription.failed", only(bad).type());

    JobId fatal = insert();
    Lease lease = running(fatal, 1).getFirst();
    ChunkFailed failed =
        new ChunkFailed(lease.chunk(), 1, node, FailureCode.BAD_REQUEST, "no", true);
    await(store.fail(failed));
    await(store.fail(failed));
    assertEquals("transcription.failed", only(fatal).type());

    JobId cancelled = insert();
    await(store.cancel(TENANT, cancelled));
    await(store.cancel(TENANT, cancelled));
    assertEquals("transcription.cancelled", only(cancelled).type());
  }

  @Test
  void aJobThatThreeDeathsEndedIsAnnounced() {
    JobId job = insert();
    await(store.recordChunks(prepared(job, prepare(job), 1), LONG));
    for (int death = 1; death <= 3; death++) {
      until(
          () -> store.claimChunks(scheduler, node, List.of(model), 1, LONG),
          leases -> !leases.isEmpty());
      assertEquals(List.of(), log(job));
      await(store.releaseWork(List.of(node)));
    }
    assertEquals("transcription.failed", only(job).type());
  }

  @Test
  void cancelAndCompletionWriteOneEvent() {
    for (int i = 0; i < 10; i++) {
      JobId job = insert();
      Lease lease = running(job, 1).getFirst();
      Future<Boolean> cancelled = store.cancel(TENANT, job);
      Future<Commit> committed = store.commit(result(lease, DIGEST));
      await(cancelled);
      await(committed);
      assertEquals("transcription." + view(job).state().wire(), only(job).type());
    }
  }

  @Test
  void aJobWithoutWebhookWritesNothing() {
    NewJob quiet = job("p");
    await(store.insert(quiet));
    complete(quiet.id(), 1, DIGEST);
    assertEquals(List.of(), log(quiet.id()));
    assertEquals(0, await(store.webhooks().replay(TENANT, quiet.id())));
  }

  @Test
  void aDeliveryIsClaimedByOneAtATimeAndSettledByItsHolder() {
    JobId job = insert();
    await(store.cancel(TENANT, job));
    Delivery first = claim(SHORT).getFirst();
    assertEquals(webhook, first.webhook());
    assertEquals(TENANT, first.tenantId());
    Delivery second =
        until(() -> Future.succeededFuture(claim(LONG)), c -> !c.isEmpty()).getFirst();
    assertEquals(first.id(), second.id());
    assertEquals(first.claim() + 1, second.claim());
    assertEquals(List.of(), claim(LONG), "leased");
    Settlement done = settlement(State.DELIVERED, Duration.ZERO, 200);
    assertFalse(await(store.webhooks().settle(first, done)), "fenced");
    assertTrue(log(job).getFirst().log().isEmpty());
    assertTrue(await(store.webhooks().settle(second, done)));
    assertFalse(await(store.webhooks().settle(second, done)), "once");
    assertEquals(List.of(), claim(LONG));
    Entry entry = only(job);
    assertEquals(State.DELIVERED, entry.state());
    assertNull(entry.nextAt());
    assertEquals(200, entry.log().getFirst().answer().status());
  }

  @Test
  void aFailedTryComesAgainWhenItsTimeHasComeUnderTheSameId() {
    JobId job = insert();
    await(store.cancel(TENANT, job));
    Delivery first = claim(LONG).getFirst();
    await(
        store
            .webhooks()
            .settle(
                first,
                new Settlement(
                    State.PENDING, LONG, new Answer(null, "connect", "nobody listens", 3))));
    assertEquals(List.of(), claim(LONG), "not yet");
    assertEquals(1, await(store.webhooks().replay(TENANT, job)));
    Delivery second = claim(LONG).getFirst();
    assertEquals(first.id(), second.id());
    assertEquals(0, second.tries(), "the schedule starts anew");
    await(store.webhooks().settle(second, settlement(State.PENDING, Duration.ZERO, 500)));
    Delivery third = claim(LONG).getFirst();
    assertEquals(1, third.tries());
    await(store.webhooks().settle(third, settlement(State.DISABLED, Duration.ZERO, 410)));
    assertEquals(List.of(), claim(LONG));
    Entry entry = only(job);
    assertEquals(List.of(1, 2, 3), entry.log().stream().map(t -> t.n()).toList());
    assertEquals(new Answer(null, "connect", "nobody listens", 3), entry.log().getFirst().answer());
    assertEquals(State.DISABLED, entry.state());
    assertEquals(0, await(store.webhooks().replay(TENANT + 1, job)), "another tenant's");
    assertEquals(List.of(), await(store.webhooks().log(TENANT + 1, job)));
  }

  @Test
  void busyHostsAndDeadSchedulersGetNothing() {
    JobId job = insert();
    await(store.cancel(TENANT, job));
    assertTrue(
        await(store.webhooks().claim(scheduler, 1_000, List.of(host), SHORT)).stream()
            .noneMatch(delivery -> delivery.webhook().host().equals(host)));
    assertEquals(List.of(), await(store.webhooks().claim(NodeId.create(), 10, List.of(), LONG)));
    assertEquals(1, until(() -> Future.succeededFuture(claim(LONG)), c -> !c.isEmpty()).size());
  }

  @Test
  void claimersNeverShareADelivery() {
    Set<JobId> jobs = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      JobId job = insert();
      await(store.cancel(TENANT, job));
      jobs.add(job);
    }
    List<Future<List<Delivery>>> claims = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      claims.add(store.webhooks().claim(scheduler, 5, List.of(), LONG));
    }
    Set<String> seen = new HashSet<>();
    for (Future<List<Delivery>> claim : claims) {
      await(claim).forEach(delivery -> assertTrue(seen.add(delivery.id()), delivery::toString));
    }
    claim(LONG).forEach(delivery -> assertTrue(seen.add(delivery.id())));
    jobs.forEach(job -> assertTrue(seen.contains(only(job).id())));
  }

  @Test
  void insertsOfOneKeyThatRaceAreOneJob() {
    String key = UUID.randomUUID().toString();
    List<Future<Inserted>> racing = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      NewJob one = job("p");
      racing.add(
          store.insert(
              new NewJob(
                  one.id(),
                  TENANT,
                  key,
                  i % 2 == 0 ? "even" : "odd",
                  one.options(),
                  one.audio(),
                  null,
                  null)));
    }
    List<Inserted> all = racing.stream().map(Await::await).toList();
    assertEquals(1, all.stream().map(Inserted::id).distinct().count());
    assertEquals(1, all.stream().filter(Inserted::created).count());
    assertEquals(8, all.stream().filter(Inserted::sameRequest).count());
  }

  @Test
  void anEqualJobIsAnsweredFromTheStoredResult() {
    JobId first = insert();
    complete(first, 3, DIGEST);
    NewJob again = job("p").withDedupe().withWebhook(webhook);
    assertEquals(new Inserted(again.id(), true, true), await(store.insert(again)));
    JobView view = view(again.id());
    assertEquals(JobState.COMPLETED, view.state());
    assertEquals(first, view.deduplicatedFrom());
    assertEquals(3000, view.audioMs());
    assertEquals(3, view.chunksDone());
    assertEquals(100, view.progressPercent());
    assertEquals(await(store.results(first)), await(store.results(again.id())));
    assertEquals("transcription.completed", only(again.id()).type());
    assertTrue(await(store.uncleaned(10_000)).contains(again.id()), "its upload is deleted too");
    assertEquals(new Inserted(again.id(), false, true), await(store.insert(again)), "repeated");
  }

  @Test
  void aKeyHoldsForReusedResultsToo() {
    complete(insert(), 2, DIGEST);
    String key = UUID.randomUUID().toString();
    List<Future<Inserted>> racing = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      NewJob one = job("p");
      racing.add(
          store.insert(
              new NewJob(
                  one.id(),
                  TENANT,
                  key,
                  "same",
                  one.options(),
                  one.audio(),
                  null,
                  null,
                  webhook,
                  true)));
    }
    List<Inserted> all = racing.stream().map(Await::await).toList();
    assertEquals(1, all.stream().map(Inserted::id).distinct().count());
    assertEquals(1, all.stream().filter(Inserted::created).count());
    assertTrue(all.stream().allMatch(Inserted::sameRequest));
    JobId job = all.getFirst().id();
    assertEquals(2, await(store.results(job)).size());
    assertEquals("transcription.completed", only(job).type());
  }

  @Test
  void whatDiffersIsNotReused() {
    complete(insert(), 1, DIGEST);
    NewJob asked = job("p").withDedupe();
    StoredAudio audio = asked.audio();
    StoredAudio other = new StoredAudio(audio.key(), audio.bytes(), "cd".repeat(32));
    TranscriptionOptions options = asked.options();
    TranscriptionOptions detected =
        new TranscriptionOptions(model, null, Task.TRANSCRIBE, options.prompt());
    assertAccepted(job("another prompt").withDedupe());
    assertAccepted(job("p"));
    assertAccepted(change(asked, TENANT, options, other));
    assertAccepted(change(asked, TENANT + 1, options, audio));
    assertAccepted(change(asked, TENANT, detected, audio));
  }

  private static NewJob change(
      NewJob job, long tenant, TranscriptionOptions options, StoredAudio audio) {
    JobId id = JobId.create(System.currentTimeMillis());
    return new NewJob(id, tenant, null, "h", options, audio, null, null).withDedupe();
  }

  private void assertAccepted(NewJob job) {
    assertTrue(await(store.insert(job)).created());
    JobView view = await(store.find(job.tenantId(), job.id())).orElseThrow();
    assertEquals(JobState.ACCEPTED, view.state());
    await(store.cancel(job.tenantId(), job.id()));
  }

  @Test
  void anotherModelUnderTheSameNameIsNotReused() {
    JobId old = insert();
    complete(old, 1, DIGEST);
    JobId newer = insert();
    complete(newer, 1, "cd".repeat(32));
    NewJob again = job("p").withDedupe();
    await(store.insert(again));
    assertEquals(newer, view(again.id()).deduplicatedFrom());
    assertNotEquals(old, newer);
    JobId mixed = insert();
    List<Lease> leases = running(mixed, 2);
    await(store.commit(result(leases.getFirst(), "ef".repeat(32))));
    await(store.commit(result(leases.getLast(), DIGEST)));
    assertAccepted(job("p").withDedupe());
  }
}
