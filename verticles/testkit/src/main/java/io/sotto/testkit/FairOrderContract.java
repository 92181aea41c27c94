package io.sotto.testkit;

import static io.sotto.testkit.Await.await;
import static io.sotto.testkit.Await.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkFailed;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import io.sotto.storage.Tenant;
import io.sotto.storage.TenantStore.Admission;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whose turn it is, as every job store must decide it. Runs on a store that other tests use too:
 * each has its own tenants and its own model.
 */
public abstract class FairOrderContract {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String SHA = "ab".repeat(32);
  private static final long SECOND = 1000;
  private static final int OVERTAKEN_MAX = 64;

  /** At least what the pool of a store under test has. */
  private static final int CONNECTIONS_MAX = 16;

  private final NodeId scheduler = NodeId.create();
  private final NodeId worker = NodeId.create();
  private final String model = "model-" + UUID.randomUUID();
  private final long a = ThreadLocalRandom.current().nextLong(1 << 20, 1L << 60);
  private final long b = a + 1;
  private JobStore store;

  protected abstract JobStore store();

  @BeforeEach
  void register() {
    store = store();
    await(store.register(scheduler, "scheduler", "test", LONG));
  }

  private NewJob upload(long tenant, long bytes, @Nullable String key) {
    return upload(tenant, bytes, key, "en");
  }

  private NewJob upload(long tenant, long bytes, @Nullable String key, @Nullable String language) {
    JobId id = JobId.create(System.currentTimeMillis());
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), bytes, SHA);
    TranscriptionOptions options = new TranscriptionOptions(model, language, Task.TRANSCRIBE, null);
    return new NewJob(id, tenant, key, "h", options, audio, null, null);
  }

  private JobId insert(long tenant, long bytes) {
    NewJob job = upload(tenant, bytes, null);
    await(store.insert(job));
    return job.id();
  }

  /** A running job with {@code chunks} ready chunks of a second. */
  private JobId running(long tenant, int chunks) {
    return running(upload(tenant, 4711, null), chunks);
  }

  private JobId running(NewJob submitted, int chunks) {
    await(store.insert(submitted));
    JobId job = submitted.id();
    Preparation preparation =
        until(
                () -> store.claimPreparations(scheduler, 100, LONG),
                claimed -> claimed.stream().anyMatch(p -> p.job().equals(job)))
            .stream()
            .filter(p -> p.job().equals(job))
            .findFirst()
            .orElseThrow();
    List<PreparedChunk> made = new ArrayList<>();
    for (int seq = 0; seq < chunks; seq++) {
      Span span = new Span(seq * SECOND, seq * SECOND + SECOND);
      made.add(new PreparedChunk(seq, span, AudioKey.chunk(new ChunkId(job, seq)), SHA, 32_044));
    }
    long ms = chunks * SECOND;
    ChunksPrepared report =
        new ChunksPrepared(
            job,
            preparation.attempt(),
            NodeId.create(),
            made,
            ms,
            new ChunksPrepared.End(chunks, ms));
    assertTrue(await(store.recordChunks(report, LONG)).accepted());
    return job;
  }

  private List<Lease> claim(int limit) {
    return await(store.claimChunks(scheduler, worker, List.of(model), limit, LONG));
  }

  /** Claims one chunk {@code times} times; tells whose each was. */
  private List<JobId> turns(int times) {
    List<JobId> turns = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      turns.add(claim(1).getFirst().chunk().job());
    }
    return turns;
  }

  private void commit(Lease lease) {
    ChunkTranscript transcript =
        new ChunkTranscript(
            "en", 0.9, List.of(), SHA, new ChunkTranscript.StageTimes(1, 2, 3, 4, 5));
    await(store.commit(new ChunkTranscribed(lease.chunk(), lease.attempt(), worker, transcript)));
  }

  private static long count(List<JobId> turns, JobId job) {
    return turns.stream().filter(job::equals).count();
  }

  @Test
  void tenantsTakeTurns() {
    JobId flood = running(a, 40);
    JobId few = running(b, 3);
    assertEquals(3, count(turns(6), few));
    JobId later = running(b, 4);
    assertEquals(4, count(turns(8), later), "and nobody is owed for having been away");
    assertEquals(7, count(turns(7), flood), "what others leave is not kept free");
  }

  @Test
  void aBatchIsSharedToo() {
    JobId flood = running(a, 40);
    JobId few = running(b, 20);
    List<JobId> batch = claim(10).stream().map(lease -> lease.chunk().job()).toList();
    assertEquals(5, count(batch, flood));
    assertEquals(5, count(batch, few));
  }

  @Test
  void weightsAreShares() {
    await(store.putTenant(new Tenant(a, "heavy", 3, null)));
    JobId heavy = running(a, 40);
    running(b, 40);
    assertEquals(12, count(turns(16), heavy));
  }

  @Test
  void manyJobsAreNoLargerShareThanOne() {
    for (int i = 0; i < 10; i++) {
      running(a, 2);
    }
    JobId one = running(b, 5);
    assertEquals(5, count(turns(10), one));
  }

  @Test
  void noTenantHasMoreOutThanItMay() {
    await(store.putTenant(new Tenant(a, "capped", 1, 2)));
    running(a, 6);
    List<Lease> out = claim(10);
    assertEquals(2, out.size());
    assertTrue(claim(10).isEmpty());
    JobId other = running(b, 3);
    assertEquals(3, count(claim(10).stream().map(l -> l.chunk().job()).toList(), other));
    commit(out.getFirst());
    assertEquals(1, claim(10).size());
    await(store.putTenant(new Tenant(a, "capped", 1, null)));
    assertEquals(3, claim(10).size());
  }

  @Test
  void manyClaimersOfManyTenantsNeitherShareNorWait() {
    for (int tenant = 0; tenant < 6; tenant++) {
      running(a + tenant, 20);
    }
    List<Future<List<Lease>>> claims = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      claims.add(store.claimChunks(scheduler, worker, List.of(model), 5, LONG));
    }
    Set<ChunkId> seen = new HashSet<>();
    claims.forEach(claim -> await(claim).forEach(got -> assertTrue(seen.add(got.chunk()))));
    for (List<Lease> rest = claim(50); !rest.isEmpty(); rest = claim(50)) {
      rest.forEach(got -> assertTrue(seen.add(got.chunk())));
    }
    assertEquals(120, seen.size());
  }

  @Test
  void aShortClipPassesBetweenTheChunksOfALongFile() {
    JobId file = running(a, 40);
    assertEquals(5, count(turns(5), file));
    JobId clip = running(a, 1);
    assertTrue(turns(2).contains(clip));
    JobId another = running(a, 20);
    long share = count(turns(20), another);
    assertTrue(share >= 9 && share <= 11, () -> "jobs of one tenant share: " + share);
  }

  @Test
  void whatWaitedForItsLanguageHasSavedNothingUp() {
    JobId foreign = running(upload(a, 4711, null, null), 20);
    Lease first = claim(1).getFirst();
    assertEquals(new ChunkId(foreign, 0), first.chunk());
    JobId file = running(a, 40);
    assertEquals(10, count(turns(10), file), "the others are held until the first has a language");
    commit(first);
    long share = count(turns(10), foreign);
    assertTrue(share >= 4 && share <= 6, () -> "they share from then on: " + share);
    JobId clip = running(a, 1);
    assertTrue(turns(3).contains(clip));
  }

  @Test
  void whatComesBackKeepsItsPlace() {
    running(a, 5);
    running(a, 5);
    Lease first = claim(1).getFirst(); // of either: they begin at the same turn
    assertNotEquals(first.chunk().job(), claim(1).getFirst().chunk().job());
    await(
        store.fail(
            new ChunkFailed(
                first.chunk(), first.attempt(), worker, FailureCode.DRAINING, "leaves", false)));
    assertEquals(first.chunk(), claim(1).getFirst().chunk());
  }

  @Test
  void aStreamOfNewClipsDoesNotStarveAFile() {
    JobId file = running(a, 2);
    assertEquals(1, count(turns(1), file));
    int overtaken = 0;
    for (JobId next = null; !file.equals(next); overtaken++) {
      running(a, 1);
      next = turns(1).getFirst();
      assertTrue(overtaken <= OVERTAKEN_MAX + 1, "overtaken too often");
    }
    assertTrue(overtaken > 1, "but clips do pass");
  }

  @Test
  void oneUploadIsNotBehindAThousandOfAnother() {
    List<JobId> flood = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      flood.add(insert(a, 4711));
    }
    JobId one = insert(b, 4711);
    long before = 0;
    for (JobId next = null; !one.equals(next); ) {
      next = await(store.claimPreparations(scheduler, 1, LONG)).getFirst().job();
      before += flood.contains(next) ? 1 : 0;
    }
    assertTrue(before <= 2, "uploads before it: " + before);
  }

  @Test
  void aSmallUploadPassesALargeOne() {
    JobId large = insert(a, 50L << 20);
    JobId small = insert(a, 4711);
    JobId next = null;
    while (!large.equals(next) && !small.equals(next)) {
      next = await(store.claimPreparations(scheduler, 1, LONG)).getFirst().job();
    }
    assertEquals(small, next);
  }

  @Test
  void noMoreJobsAreOpenThanMayBe() {
    Admission two = new Admission(2, Integer.MAX_VALUE);
    NewJob first = upload(a, 10, "key-" + UUID.randomUUID());
    assertTrue(await(store.insert(first, two)).created());
    assertTrue(await(store.insert(upload(a, 10, null), two)).created());
    assertEquals(FailureCode.RATE_LIMIT_EXCEEDED, refusal(upload(a, 10, null), two));
    assertFalse(await(store.insert(first, two)).created(), "what is there already is met");
    assertTrue(await(store.insert(upload(b, 10, null), two)).created(), "others are not affected");
    assertEquals(FailureCode.OVERLOADED, refusal(upload(b, 10, null), new Admission(5, 1)));
    assertTrue(await(store.cancel(a, first.id())));
    assertTrue(await(store.insert(upload(a, 10, null), two)).created(), "a place became free");
  }

  /**
   * Inserts of the same instant do not see each other: a limit is exceeded by no more jobs than the
   * database has connections to insert over.
   */
  @Test
  void insertsOfTheSameInstantExceedTheLimitByNoMoreThanThereAreOfThem() {
    int limit = 10;
    Admission some = new Admission(limit, Integer.MAX_VALUE);
    List<Future<JobStore.Inserted>> all = new ArrayList<>();
    for (int i = 0; i < 6 * limit; i++) {
      all.add(store.insert(upload(a, 10, null), some));
    }
    await(Future.join(all).otherwiseEmpty());
    long open = await(store.openJobs(10_000)).stream().filter(job -> job.tenant() == a).count();
    assertTrue(open >= limit && open < limit + CONNECTIONS_MAX, () -> open + " are open");
    assertEquals(open, all.stream().filter(Future::succeeded).count());
    assertEquals(
        Set.of(FailureCode.RATE_LIMIT_EXCEEDED),
        all.stream()
            .filter(Future::failed)
            .map(each -> ((SottoException) each.cause()).code())
            .collect(Collectors.toSet()));
  }

  private FailureCode refusal(NewJob job, Admission limits) {
    return assertThrows(SottoException.class, () -> await(store.insert(job, limits))).code();
  }

  @Test
  void whatIsOpenIsKnownWithWhatIsLeftOfIt() {
    await(store.putTenant(new Tenant(a, "heavy", 2, null)));
    JobId waiting = insert(a, 160_000);
    JobId running = running(a, 4);
    assertEquals(10_000, open(waiting).leftMs(), "a guess from its bytes");
    assertEquals(2, open(waiting).weight());
    assertEquals(4000, open(running).leftMs());
    commit(claim(1).getFirst());
    assertEquals(3000, open(running).leftMs());
  }

  private JobStore.OpenJob open(JobId job) {
    return await(store.openJobs(10_000)).stream()
        .filter(open -> open.job().equals(job))
        .findFirst()
        .orElseThrow();
  }
}
