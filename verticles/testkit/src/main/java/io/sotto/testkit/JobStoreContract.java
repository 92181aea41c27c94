package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkState;
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
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.Backlog;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every job store promises. Runs on a store that other tests use too: each has its own model.
 */
public abstract class JobStoreContract {
  private static final long TENANT = 1;
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SHORT = Duration.ofMillis(1);

  /** Renewing with it never lengthens a lease, however fast the asking. */
  private static final Duration NOW = Duration.ZERO;

  private static final String SHA = "ab".repeat(32);

  private final NodeId scheduler = NodeId.create();
  private final NodeId worker = NodeId.create();
  private final NodeId ingest = NodeId.create();
  private final String model = "model-" + UUID.randomUUID();
  private JobStore store;

  protected abstract JobStore store();

  @BeforeEach
  void register() {
    store = store();
    await(store.register(scheduler, "scheduler", "test", LONG));
  }

  private TranscriptionOptions options(@Nullable String language) {
    return new TranscriptionOptions(model, language, Task.TRANSCRIBE, null);
  }

  private NewJob newJob(@Nullable String key, String hash, @Nullable String language) {
    JobId id = JobId.create(System.currentTimeMillis());
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 4711, SHA);
    return new NewJob(id, TENANT, key, hash, options(language), audio, "talk.mp3", "audio/mpeg");
  }

  private JobId insert(@Nullable String language) {
    NewJob job = newJob(null, "h", language);
    await(store.insert(job));
    return job.id();
  }

  private JobView view(JobId job) {
    return await(store.find(TENANT, job)).orElseThrow();
  }

  /**
   * Claims until this job is among the claimed; others belong to other tests and are left leased.
   */
  private Preparation prepare(JobId job) {
    return until(
            () -> store.claimPreparations(scheduler, 100, LONG),
            claimed -> claimed.stream().anyMatch(p -> p.job().equals(job)))
        .stream()
        .filter(p -> p.job().equals(job))
        .findFirst()
        .orElseThrow();
  }

  private ChunksPrepared prepared(JobId job, int attempt, int from, int to, boolean end) {
    List<PreparedChunk> chunks = new ArrayList<>();
    for (int seq = from; seq < to; seq++) {
      Span span = new Span(seq * 1000L, seq * 1000L + 1000);
      AudioKey key = AudioKey.chunk(new ChunkId(job, seq));
      chunks.add(new PreparedChunk(seq, span, key, SHA, 32_044));
    }
    return new ChunksPrepared(
        job,
        attempt,
        ingest,
        chunks,
        to * 1000L,
        end ? new ChunksPrepared.End(to, to * 1000L) : null);
  }

  /** A job in {@code running} with {@code chunks} ready chunks. */
  private JobId running(int chunks) {
    JobId job = insert("en");
    int attempt = prepare(job).attempt();
    assertTrue(await(store.recordChunks(prepared(job, attempt, 0, chunks, true), LONG)).accepted());
    return job;
  }

  private List<Lease> claim(int limit, Duration deadline) {
    return await(store.claimChunks(scheduler, worker, List.of(model), limit, deadline));
  }

  private Lease claimOne() {
    return until(
            () -> store.claimChunks(scheduler, worker, List.of(model), 1, LONG),
            leases -> !leases.isEmpty())
        .getFirst();
  }

  private ChunkTranscribed result(Lease lease, String language, String text) {
    Segment segment = new Segment(0, 1, text, List.of(1, 2), 0, -0.1, 1.2, 0.01, List.of());
    ChunkTranscript transcript =
        new ChunkTranscript(
            language, 0.9, List.of(segment), SHA, new ChunkTranscript.StageTimes(1, 2, 3, 4, 5));
    return new ChunkTranscribed(lease.chunk(), lease.attempt(), worker, transcript);
  }

  private ChunkFailed failure(Lease lease, FailureCode code, boolean charged) {
    return new ChunkFailed(lease.chunk(), lease.attempt(), worker, code, "it broke", charged);
  }

  @Test
  void theBacklogCountsWhatIsOpen() {
    Backlog empty = await(store.backlog());
    running(3);
    Backlog prepared = await(store.backlog());
    insert("en");
    claimOne();
    Backlog begun = await(store.backlog());

    long running = empty.jobs().get(JobState.RUNNING);
    long accepted = prepared.jobs().get(JobState.ACCEPTED);
    long leased = waitingMs(prepared, ChunkState.LEASED);
    assertEquals(running + 1, prepared.jobs().get(JobState.RUNNING));
    assertEquals(accepted + 1, begun.jobs().get(JobState.ACCEPTED));
    assertEquals(waitingMs(empty, ChunkState.READY) + 3000, waitingMs(prepared, ChunkState.READY));
    assertEquals(waitingMs(empty, ChunkState.READY) + 2000, waitingMs(begun, ChunkState.READY));
    assertEquals(leased + 1000, waitingMs(begun, ChunkState.LEASED));
    assertTrue(begun.oldestReadySeconds() >= 0 && begun.oldestJobSeconds() >= 0);
  }

  private static long waitingMs(Backlog backlog, ChunkState state) {
    return backlog.chunks().get(state).audioMs();
  }

  @Test
  void theIdsOfARequestStayWithItsJob() {
    Trail trail = new Trail("r-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    NewJob job = newJob(null, "h", "en").with(trail);
    await(store.insert(job));
    Preparation preparation = prepare(job.id());
    assertEquals(trail, preparation.trail());
    assertTrue(preparation.waitedMs() >= 0);
    await(store.recordChunks(prepared(job.id(), 1, 0, 1, true), LONG));
    NodeId other = NodeId.create();
    await(store.register(other, "scheduler", "test", LONG));
    List<Lease> leases = await(store.claimChunks(other, worker, List.of(model), 1, LONG));
    assertEquals(trail, leases.getFirst().trail(), "whichever scheduler claims");
    assertTrue(leases.getFirst().waitedMs() >= 0);
    assertEquals(Trail.NONE, prepare(insert("en")).trail());
  }

  @Test
  void theWholeLifeOfAJob() {
    JobId job = insert("en");
    JobView accepted = view(job);
    assertEquals(JobState.ACCEPTED, accepted.state());
    assertEquals("talk.mp3", accepted.fileName());
    assertEquals(4711, accepted.audioBytes());
    assertEquals(0, accepted.progressPercent());
    Preparation preparation = prepare(job);
    assertEquals(1, preparation.attempt());
    assertEquals(AudioKey.upload(job), preparation.source());
    assertTrue(await(store.assignPreparation(job, 1, ingest)));
    assertEquals(
        JobState.PREPARING, await(store.recordChunks(prepared(job, 1, 0, 1, false), LONG)).state());
    assertEquals(
        JobState.RUNNING, await(store.recordChunks(prepared(job, 1, 1, 2, true), LONG)).state());
    List<Lease> leases = claim(5, LONG);
    assertEquals(List.of(0, 1), leases.stream().map(l -> l.chunk().seq()).toList());
    assertEquals("en", leases.getFirst().options().language());
    assertFalse(await(store.commit(result(leases.getFirst(), "en", " Hello"))).finished());
    assertEquals(50, view(job).progressPercent());
    assertTrue(await(store.commit(result(leases.getLast(), "en", " world"))).finished());
    JobView completed = view(job);
    assertEquals(JobState.COMPLETED, completed.state());
    assertEquals(100, completed.progressPercent());
    assertEquals(2000, completed.audioMs());
    List<JobStore.ChunkResult> results = await(store.results(job));
    assertEquals(" Hello", results.getFirst().transcript().segments().getFirst().text());
    assertEquals(worker, results.getLast().node());
    assertEquals(new Span(1000, 2000), results.getLast().span());
  }

  @Test
  void whoFollowsAJobReadsOnToTheFirstGap() {
    JobId job = running(5);
    List<Lease> leases = claim(5, LONG);
    for (int done : List.of(0, 1, 3)) {
      assertTrue(await(store.commit(result(leases.get(done), "en", " " + done))).accepted());
    }
    assertEquals(List.of(0, 1), follow(job, 0, 9), "3 waits for 2");
    assertEquals(List.of(0), follow(job, 0, 1));
    assertEquals(List.of(1), follow(job, 1, 9));
    assertEquals(List.of(), follow(job, 2, 9));
    assertEquals(List.of(3), follow(job, 3, 9));
    assertTrue(await(store.commit(result(leases.get(2), "en", " 2"))).accepted());
    assertEquals(List.of(2, 3), follow(job, 2, 9));
    assertEquals(List.of(), follow(job, 5, 9), "beyond the end");
    JobStore.ChunkResult third = await(store.results(job, 2, 1)).getFirst();
    assertEquals(await(store.results(job)).get(2), third);
  }

  private List<Integer> follow(JobId job, int fromSeq, int limit) {
    return await(store.results(job, fromSeq, limit)).stream()
        .map(JobStore.ChunkResult::seq)
        .toList();
  }

  @Test
  void oneKeyIsOneJob() {
    String key = UUID.randomUUID().toString();
    NewJob first = newJob(key, "same", "en");
    assertTrue(await(store.insert(first)).created());
    JobStore.Inserted again = await(store.insert(newJob(key, "same", "en")));
    assertEquals(new JobStore.Inserted(first.id(), false, true), again);
    JobStore.Inserted other = await(store.insert(newJob(key, "other", "en")));
    assertEquals(new JobStore.Inserted(first.id(), false, false), other);
    assertTrue(await(store.find(TENANT + 1, first.id())).isEmpty(), "another tenant sees nothing");
  }

  @Test
  void anInsertRepeatedAfterALostAnswerIsTheSameJob() {
    NewJob job = newJob(null, "h", "en");
    assertTrue(await(store.insert(job)).created());
    assertEquals(new JobStore.Inserted(job.id(), false, true), await(store.insert(job)));
  }

  @Test
  void aRecordingWithoutSpeechCompletesWithNoChunk() {
    JobId job = insert("en");
    ChunksPrepared silent =
        new ChunksPrepared(
            job, prepare(job).attempt(), ingest, List.of(), 5000, new ChunksPrepared.End(0, 5000));
    assertTrue(await(store.recordChunks(silent, LONG)).finished());
    assertEquals(JobState.COMPLETED, view(job).state());
    assertTrue(await(store.recordChunks(silent, LONG)).accepted(), "a repeated report is met");
  }

  @Test
  void theFirstChunkNamesTheLanguageOfTheOthers() {
    JobId job = insert(null);
    int attempt = prepare(job).attempt();
    await(store.recordChunks(prepared(job, attempt, 0, 3, false), LONG));
    List<Lease> first = claim(5, LONG);
    assertEquals(1, first.size());
    assertNull(first.getFirst().options().language());
    await(store.commit(result(first.getFirst(), "pt", " Olá")));
    assertEquals("pt", view(job).language());
    await(store.recordChunks(prepared(job, attempt, 3, 4, true), LONG));
    List<Lease> rest = claim(5, LONG);
    assertEquals(List.of(1, 2, 3), rest.stream().map(l -> l.chunk().seq()).toList());
    assertTrue(rest.stream().allMatch(l -> "pt".equals(l.options().language())));
  }

  @Test
  void aResultOfAnOlderAttemptIsRefused() {
    JobId job = running(2);
    Lease first = claimOne();
    await(store.fail(failure(first, FailureCode.DRAINING, false)));
    Lease second = claimOne();
    assertEquals(first.chunk(), second.chunk());
    assertEquals(first.attempt() + 1, second.attempt());
    assertFalse(await(store.commit(result(first, "en", " zombie"))).accepted());
    assertFalse(await(store.fail(failure(first, FailureCode.MODEL_FAULT, true))).accepted());
    assertTrue(await(store.commit(result(second, "en", " right"))).accepted());
    assertTrue(await(store.commit(result(second, "en", " right"))).accepted(), "met again");
    assertEquals(1, view(job).chunksDone());
    assertEquals(
        " right", await(store.results(job)).getFirst().transcript().segments().getFirst().text());
  }

  @Test
  void aLapsedLeaseThatNobodyClaimedStillCommits() {
    JobId job = running(1);
    Lease lease = claim(1, SHORT).getFirst();
    until(() -> store.sweep(100), swept -> swept.released() > 0);
    assertTrue(await(store.commit(result(lease, "en", " late"))).finished());
    assertEquals(JobState.COMPLETED, view(job).state());
  }

  @Test
  void aFatalFailureFailsTheJobAtOnce() {
    JobId job = running(3);
    List<Lease> leases = claim(3, LONG);
    assertTrue(await(store.fail(failure(leases.get(1), FailureCode.BAD_REQUEST, true))).finished());
    JobView failed = view(job);
    assertEquals(JobState.FAILED, failed.state());
    assertEquals(FailureCode.BAD_REQUEST, failed.failureCode());
    assertEquals("chunk 1: it broke", failed.failureReason());
    assertFalse(await(store.commit(result(leases.getFirst(), "en", " too late"))).accepted());
  }

  @Test
  void aRetryableFailureIsChargedOncePerAttempt() {
    running(1);
    Lease lease = claimOne();
    for (int i = 0; i < 8; i++) {
      JobStore.Commit commit = await(store.fail(failure(lease, FailureCode.MODEL_FAULT, true)));
      assertTrue(commit.accepted() && !commit.finished(), commit::toString);
    }
    assertEquals(2, claimOne().attempt(), "ready again after its rest");
  }

  @Test
  void threeDeathsEndAChunk() {
    JobId job = suspect();
    claimSuspect(worker);
    assertEquals(List.of(job), await(store.releaseWork(scheduler, List.of(worker), LONG)).failed());
    assertEquals(JobState.FAILED, view(job).state());
    assertEquals(FailureCode.TIMEOUT, view(job).failureCode());
    String reason = Objects.requireNonNull(view(job).failureReason());
    assertTrue(reason.startsWith("chunk 0: "), reason);
    assertTrue(reason.contains("with it alone"), reason);
  }

  /** A job of one chunk that two nodes died over. */
  private JobId suspect() {
    JobId job = running(1);
    for (int death = 1; death <= 2; death++) {
      claimOne();
      JobStore.Swept swept = await(store.releaseWork(scheduler, List.of(worker), LONG));
      assertEquals(new JobStore.Swept(1, List.of(), 0), swept);
    }
    return job;
  }

  private Lease claimSuspect(NodeId taker) {
    return until(
            () -> store.claimSuspect(scheduler, taker, List.of(model), LONG), Optional::isPresent)
        .orElseThrow();
  }

  /** Until one of this test's is among them. */
  private List<JobStore.Suspect> suspects() {
    return until(
            () -> store.suspects(1000),
            found -> found.stream().anyMatch(one -> one.model().equals(model)))
        .stream()
        .filter(one -> one.model().equals(model))
        .toList();
  }

  @Test
  void whatTwoNodesDiedOverIsClaimedByItselfAlone() {
    JobId suspect = suspect();
    JobId other = running(2);
    assertEquals(1, suspects().size());
    assertFalse(suspects().getFirst().waited().isNegative());
    List<Lease> usual = claim(5, LONG);
    assertEquals(List.of(other, other), usual.stream().map(one -> one.chunk().job()).toList());
    NodeId idle = NodeId.create();
    assertEquals(
        Optional.empty(), await(store.claimSuspect(scheduler, idle, List.of("another"), LONG)));
    Lease alone = claimSuspect(idle);
    assertEquals(new ChunkId(suspect, 0), alone.chunk());
    assertEquals(3, alone.attempt());
    assertEquals(
        Optional.empty(),
        await(store.claimSuspect(scheduler, NodeId.create(), List.of(model), LONG)));
    assertTrue(await(store.commit(result(alone, "en", " sound"))).finished());
  }

  @Test
  void nobodyHasASuspectAndAnythingElse() {
    suspect();
    running(2);
    Lease other = claim(1, LONG).getFirst();
    suspects();
    assertEquals(
        Optional.empty(), await(store.claimSuspect(scheduler, worker, List.of(model), LONG)));
    assertTrue(await(store.commit(result(other, "en", " one"))).accepted());
    Lease alone = claimSuspect(worker);
    assertEquals(List.of(), claim(5, LONG));
    assertTrue(await(store.commit(result(alone, "en", " sound"))).finished());
    assertEquals(1, claim(5, LONG).size());
  }

  @Test
  void aSuspectThatIsHandedBackIsASuspectStill() {
    suspect();
    Lease refused = claimSuspect(worker);
    assertTrue(await(store.fail(failure(refused, FailureCode.WORKER_FULL, false))).accepted());
    assertEquals(List.of(), claim(5, LONG));
    assertEquals(refused.attempt() + 1, claimSuspect(worker).attempt());
  }

  @Test
  void whatAnotherSchedulerLeasedIsLeftToItWhileItLives() {
    JobId job = running(1);
    await(store.register(scheduler, "scheduler", "test", Duration.ofMinutes(10)));
    Lease lease = claimOne();
    NodeId deaf = NodeId.create();
    JobStore.Swept swept = await(store.releaseWork(deaf, List.of(worker), LONG));
    assertEquals(new JobStore.Swept(0, List.of(), 1), swept);
    ChunkFailed unharmed = failure(lease, FailureCode.DRAINING, false);
    assertTrue(await(store.fail(unharmed)).accepted(), "its lease is as it was");
    claimOne();
    swept = await(store.releaseWork(deaf, List.of(worker), Duration.ofMinutes(20)));
    assertEquals(new JobStore.Swept(1, List.of(), 0), swept, "it has not renewed for so long");
    assertEquals(JobState.RUNNING, view(job).state());
  }

  @Test
  void handingBackIsFree() {
    JobId job = running(1);
    for (int i = 0; i < 10; i++) {
      assertTrue(await(store.fail(failure(claimOne(), FailureCode.DRAINING, false))).accepted());
    }
    assertEquals(JobState.RUNNING, view(job).state());
  }

  @Test
  void aLostIngestNodeGivesThePreparationBack() {
    JobId job = insert("en");
    int attempt = prepare(job).attempt();
    assertTrue(await(store.assignPreparation(job, attempt, ingest)));
    await(store.recordChunks(prepared(job, attempt, 0, 1, false), LONG));
    assertEquals(1, await(store.releaseWork(scheduler, List.of(ingest), LONG)).released());
    assertFalse(await(store.recordChunks(prepared(job, attempt, 1, 2, true), LONG)).accepted());
    Preparation second = prepare(job);
    assertEquals(attempt + 1, second.attempt());
    ChunksPrepared all = prepared(job, second.attempt(), 0, 2, true);
    assertEquals(JobState.RUNNING, await(store.recordChunks(all, LONG)).state());
    assertEquals(2, claim(5, LONG).size(), "chunk 0 was met, not doubled");
  }

  @Test
  void whatNobodyWasGivenYetIsNobodysLoss() {
    JobId job = insert("en");
    int attempt = prepare(job).attempt();
    assertEquals(0, await(store.releaseWork(scheduler, List.of(ingest, worker), LONG)).released());
    assertTrue(await(store.assignPreparation(job, attempt, ingest)));
    assertEquals(1, await(store.releaseWork(scheduler, List.of(ingest, worker), LONG)).released());
  }

  @Test
  void aPreparationThatWasClaimedAndNeverSentIsNotCharged() {
    JobId job = insert("en");
    for (int i = 0; i < 5; i++) {
      until(
          () -> store.sweep(100).compose(swept -> store.claimPreparations(scheduler, 100, SHORT)),
          claimed -> claimed.stream().anyMatch(p -> p.job().equals(job)));
    }
    assertEquals(JobState.PREPARING, view(job).state());
  }

  @Test
  void aResultThatComesAgainAfterItsJobFailedIsRefused() {
    JobId job = running(2);
    List<Lease> leases = claim(2, LONG);
    assertTrue(await(store.commit(result(leases.getFirst(), "en", " text"))).accepted());
    assertTrue(
        await(store.fail(failure(leases.getLast(), FailureCode.BAD_REQUEST, true))).finished());
    JobStore.Commit again = await(store.commit(result(leases.getFirst(), "en", " text")));
    assertEquals(new JobStore.Commit(false, JobState.FAILED), again);
    assertEquals(1, view(job).chunksDone());
  }

  @Test
  void aPreparationThatCannotWorkFailsTheJob() {
    JobId job = insert("en");
    int attempt = prepare(job).attempt();
    PreparationFailed bad =
        new PreparationFailed(job, attempt, ingest, FailureCode.BAD_AUDIO, "it is a text file");
    assertTrue(await(store.failPreparation(bad)).finished());
    assertEquals("it is a text file", view(job).failureReason());
    assertTrue(await(store.uncleaned(10_000, Duration.ZERO)).contains(job));
    await(store.markCleaned(job, false));
    assertFalse(await(store.uncleaned(10_000, Duration.ZERO)).contains(job));
  }

  @Test
  void theAudioOfAJobThatEndedStaysForItsGrace() {
    JobId job = insert("en");
    assertTrue(await(store.cancel(TENANT, job)));
    assertFalse(await(store.uncleaned(10_000, Duration.ofHours(1))).contains(job));
    Duration soon = Duration.ofMillis(300);
    until(() -> store.uncleaned(10_000, soon), found -> found.contains(job));
  }

  @Test
  void whatEndsWhilePreparedIsCleanedAgainWhenThatLeaseIsOver() {
    JobId job = insert("en");
    int attempt = prepare(job).attempt();
    await(store.recordChunks(prepared(job, attempt, 0, 1, false), Duration.ofMillis(300)));
    assertTrue(await(store.cancel(TENANT, job)));
    assertTrue(await(store.uncleaned(10_000, Duration.ZERO)).contains(job));
    await(store.markCleaned(job, false));
    until(() -> store.uncleaned(10_000, Duration.ZERO), again -> again.contains(job));
    await(store.markCleaned(job, false));
    assertFalse(await(store.uncleaned(10_000, Duration.ZERO)).contains(job));
  }

  @Test
  void aPreparationThatMayWorkIsTriedAgain() {
    JobId job = insert("en");
    int attempt = prepare(job).attempt();
    PreparationFailed down =
        new PreparationFailed(job, attempt, ingest, FailureCode.STORE_DOWN, "no answer");
    assertEquals(JobState.ACCEPTED, await(store.failPreparation(down)).state());
    assertEquals(attempt + 1, prepare(job).attempt());
  }

  @Test
  void anAudioStoreThatIsAwayOrReadWrongCostsThePreparationNothing() {
    JobId job = insert("en");
    for (int i = 1; i <= 5; i++) {
      int attempt = prepare(job).attempt();
      FailureCode code = i % 2 == 0 ? FailureCode.AUDIO_CORRUPT : FailureCode.STORE_DOWN;
      PreparationFailed down = new PreparationFailed(job, attempt, ingest, code, "not read");
      assertEquals(JobState.ACCEPTED, await(store.failPreparation(down)).state());
    }
  }

  @Test
  void anAudioStoreThatIsAwayOrReadWrongCostsAChunkNothing() {
    JobId job = running(1);
    for (int i = 1; i <= 7; i++) {
      Lease lease = claimOne();
      FailureCode code = i % 2 == 0 ? FailureCode.AUDIO_CORRUPT : FailureCode.STORE_DOWN;
      JobStore.Commit back = await(store.fail(failure(lease, code, true)));
      assertEquals(new JobStore.Commit(true, JobState.RUNNING), back);
      assertTrue(claim(1, LONG).isEmpty(), "it rests");
    }
    await(store.commit(result(claimOne(), "en", " text")));
    assertEquals(JobState.COMPLETED, view(job).state());
  }

  @Test
  void aPreparationHandedBackByALeavingNodeCostsNothing() {
    JobId job = insert("en");
    for (int i = 1; i <= 7; i++) {
      int attempt = prepare(job).attempt();
      PreparationFailed leaving =
          new PreparationFailed(job, attempt, ingest, FailureCode.DRAINING, "it leaves");
      assertEquals(JobState.ACCEPTED, await(store.failPreparation(leaving)).state());
      assertTrue(await(store.failPreparation(leaving)).accepted(), "a repeated report is met");
    }
  }

  @Test
  void aReleasedPreparationCostsNothing() {
    JobId job = insert("en");
    for (int i = 1; i <= 7; i++) {
      assertEquals(i, prepare(job).attempt());
      await(store.releasePreparation(job, i, Duration.ZERO));
    }
    assertEquals(JobState.ACCEPTED, view(job).state());
  }

  @Test
  void aCancelledJobTakesNoResult() {
    JobId job = running(2);
    Lease lease = claimOne();
    assertTrue(await(store.cancel(TENANT, job)));
    assertFalse(await(store.cancel(TENANT, job)), "once");
    assertFalse(await(store.commit(result(lease, "en", " late"))).accepted());
    assertTrue(claim(5, LONG).isEmpty());
    assertEquals(JobState.CANCELLED, view(job).state());
  }

  @Test
  void cancelAndCompletionHaveOneWinner() {
    for (int i = 0; i < 20; i++) {
      JobId job = running(1);
      Lease lease = claimOne();
      Future<Boolean> cancelled = store.cancel(TENANT, job);
      Future<JobStore.Commit> committed = store.commit(result(lease, "en", " text"));
      boolean wasCancelled = await(cancelled);
      boolean wasCompleted = await(committed).finished();
      assertTrue(wasCancelled != wasCompleted, "exactly one");
      assertEquals(wasCancelled ? JobState.CANCELLED : JobState.COMPLETED, view(job).state());
    }
  }

  @Test
  void manyClaimersNeverShareAChunk() {
    running(60);
    List<Future<List<Lease>>> claims = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      claims.add(store.claimChunks(scheduler, worker, List.of(model), 4, LONG));
    }
    Set<ChunkId> seen = new HashSet<>();
    int total = 0;
    for (Future<List<Lease>> claim : claims) {
      List<Lease> leases = await(claim);
      assertTrue(leases.size() <= 4, () -> "over the limit: " + leases.size());
      total += leases.size();
      leases.forEach(lease -> seen.add(lease.chunk()));
    }
    assertEquals(total, seen.size());
    for (List<Lease> rest = claim(100, LONG); !rest.isEmpty(); rest = claim(100, LONG)) {
      rest.forEach(lease -> assertTrue(seen.add(lease.chunk())));
    }
    assertEquals(60, seen.size());
  }

  @Test
  void whoseLeaseRanOutClaimsNothing() {
    running(1);
    NodeId late = NodeId.create();
    await(store.register(late, "scheduler", "test", SHORT));
    until(() -> store.renew(late, NOW), renewed -> !renewed);
    assertTrue(await(store.claimChunks(late, worker, List.of(model), 5, LONG)).isEmpty());
    assertTrue(await(store.claimPreparations(late, 5, LONG)).isEmpty());
    assertEquals(1, claim(5, LONG).size());
  }

  @Test
  void whoseLeaseRanOutClaimsNoSuspect() {
    suspect();
    suspects();
    NodeId late = NodeId.create();
    await(store.register(late, "scheduler", "test", SHORT));
    until(() -> store.renew(late, NOW), renewed -> !renewed);
    assertEquals(Optional.empty(), await(store.claimSuspect(late, worker, List.of(model), LONG)));
    claimSuspect(worker);
  }

  @Test
  void workOfADeadSchedulerIsGivenBackUncharged() {
    JobId job = running(1);
    NodeId dying = NodeId.create();
    for (int i = 0; i < 5; i++) {
      await(store.register(dying, "scheduler", "test", LONG));
      until(
          () -> store.claimChunks(dying, worker, List.of(model), 1, LONG),
          leases -> !leases.isEmpty());
      await(store.deregister(dying));
      until(() -> store.sweep(100), swept -> swept.released() > 0);
    }
    assertEquals(JobState.RUNNING, view(job).state());
  }

  private Future<Boolean> claimAny(NodeId asked, NodeId taker) {
    return store
        .claimChunks(asked, taker, List.of(model), 1, LONG)
        .compose(
            usual ->
                usual.isEmpty()
                    ? store
                        .claimSuspect(asked, taker, List.of(model), LONG)
                        .map(Optional::isPresent)
                    : Future.succeededFuture(true));
  }

  /** Else two recordings that kill the process could go round between two nodes for ever. */
  @Test
  void workOfAWorkerThatWentDownWithAnotherSchedulerIsCharged() {
    JobId job = running(1);
    for (int death = 1; death <= 3; death++) {
      NodeId asked = NodeId.create();
      NodeId held = NodeId.create();
      await(store.register(asked, "scheduler", "test", LONG));
      await(store.register(held, "scheduler,worker", "test", LONG));
      until(() -> store.sweep(100).compose(s -> claimAny(asked, held)), claimed -> claimed);
      await(store.register(held, "scheduler,worker", "test", SHORT));
      until(() -> store.renew(held, NOW), renewed -> !renewed);
      await(store.register(asked, "scheduler", "test", SHORT));
    }
    until(
        () -> store.sweep(100).compose(s -> store.find(TENANT, job)),
        found -> found.orElseThrow().state() == JobState.FAILED);
    assertEquals(FailureCode.TIMEOUT, view(job).failureCode());
  }

  @Test
  void aDutyHasOneHolder() {
    String duty = "duty-" + UUID.randomUUID();
    NodeId other = NodeId.create();
    assertTrue(await(store.lead(duty, scheduler, LONG)));
    assertFalse(await(store.lead(duty, other, LONG)));
    assertTrue(await(store.lead(duty, scheduler, SHORT)), "the holder renews");
    assertTrue(until(() -> store.lead(duty, other, LONG), held -> held));
    assertEquals(Optional.of(other), await(store.leader(duty)));
    assertTrue(await(store.lead(duty, other, SHORT)));
    until(() -> store.leader(duty), Optional::isEmpty);
    assertEquals(Optional.empty(), await(store.leader("duty-" + UUID.randomUUID())));
  }

  @Test
  void aWorkerGetsOnlyModelsItHas() {
    running(1);
    assertTrue(
        await(store.claimChunks(scheduler, worker, List.of("another"), 5, LONG)).stream()
            .noneMatch(lease -> lease.options().model().equals(model)));
    assertEquals(1, claim(5, LONG).size());
  }
}
