package io.sotto.it.chaos;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunkTranscript.StageTimes;
import io.sotto.protocol.ChunksPrepared;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.Task;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore;
import io.sotto.storage.JobStore.Lease;
import io.sotto.storage.JobStore.Preparation;
import io.sotto.storage.NewJob;
import io.sotto.storage.PgJobStore;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A scheduler's traffic with the job store and nothing else: recordings come in, are prepared, and
 * their chunks claimed one at a time, so many a second whatever the answers take, and finished a
 * while later. Each claim is timed from when it was due.
 */
final class ClaimBench {
  private static final String MODEL = "m";
  private static final Duration LEASE = Duration.ofMinutes(5);
  private static final int CHUNKS = 200;
  private static final int READY_MIN = 1_000;
  private static final int CHUNK_MS = 10_000;
  private static final long WORK_MS = 200;
  private static final long RENEW_EVERY_MS = 3_000;
  private static final long ANSWER_S = 60;
  private static final double NANOS_PER_MS = 1e6;

  private final JobStore jobs;
  private final NodeId node = NodeId.create();
  private final ConcurrentLinkedQueue<Timed> claims = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger ready = new AtomicInteger();
  private final AtomicInteger finished = new AtomicInteger();
  private final AtomicInteger open = new AtomicInteger();

  /** A claim that was due at {@code nanos} and answered after {@code ms}. */
  record Timed(long nanos, double ms) {}

  ClaimBench(PgJobStore jobs) throws Exception {
    this.jobs = jobs;
    await(jobs.register(node, "scheduler", "bench", LEASE));
  }

  /** Claims {@code perSecond} chunks a second for {@code seconds}; gives that span. */
  Throughput.Span run(int perSecond, double seconds) throws Exception {
    long from = System.nanoTime();
    long end = from + (long) (seconds * 1e9);
    long renewed = from;
    for (long n = 0; ; n++) {
      long due = from + n * 1_000_000_000L / perSecond;
      if (due >= end) {
        return new Throughput.Span(from, end);
      }
      feed();
      Pause.ms(Math.max(0, (due - System.nanoTime()) / 1_000_000));
      if (due - renewed > RENEW_EVERY_MS * 1_000_000) {
        renewed = due;
        jobs.renew(node, LEASE).onFailure(failures::add);
      }
      claim(due);
    }
  }

  /** A new recording where few chunks are left. */
  private void feed() throws Exception {
    if (ready.get() >= READY_MIN) {
      return;
    }
    ready.addAndGet(CHUNKS);
    JobId id = JobId.create(System.currentTimeMillis());
    TranscriptionOptions options = new TranscriptionOptions(MODEL, "en", Task.TRANSCRIBE, null);
    StoredAudio audio = new StoredAudio(AudioKey.upload(id), 1 << 20, "00");
    Future<?> fed =
        jobs.insert(new NewJob(id, 1, null, "h", options, audio, null, null))
            .compose(made -> jobs.claimPreparations(node, 4, LEASE))
            .compose(this::prepare);
    fed.onFailure(failures::add);
    if (finished.get() == 0) {
      await(fed);
    }
  }

  private Future<?> prepare(List<Preparation> claimed) {
    return Future.all(
        claimed.stream().map(one -> jobs.recordChunks(prepared(one), LEASE)).toList());
  }

  private ChunksPrepared prepared(Preparation work) {
    List<PreparedChunk> chunks = new ArrayList<>();
    for (int seq = 0; seq < CHUNKS; seq++) {
      AudioKey key = AudioKey.chunk(new ChunkId(work.job(), seq));
      long start = (long) seq * CHUNK_MS;
      chunks.add(new PreparedChunk(seq, new Span(start, start + CHUNK_MS), key, "00", 9));
    }
    long ms = (long) CHUNKS * CHUNK_MS;
    return new ChunksPrepared(
        work.job(), work.attempt(), node, chunks, ms, new ChunksPrepared.End(CHUNKS, ms));
  }

  private void claim(long due) {
    open.incrementAndGet();
    jobs.claimChunks(node, node, List.of(MODEL), 1, LEASE)
        .onSuccess(
            got -> {
              claims.add(new Timed(due, (System.nanoTime() - due) / NANOS_PER_MS));
              ready.addAndGet(-got.size());
              got.forEach(this::finishLater);
            })
        .onFailure(failures::add)
        .onComplete(done -> open.decrementAndGet());
  }

  private void finishLater(Lease lease) {
    open.incrementAndGet();
    Thread.ofVirtual()
        .start(
            () -> {
              Pause.ms(WORK_MS);
              jobs.commit(result(lease))
                  .onSuccess(done -> finished.incrementAndGet())
                  .onFailure(failures::add)
                  .onComplete(done -> open.decrementAndGet());
            });
  }

  private ChunkTranscribed result(Lease lease) {
    double start = lease.span().startMs() / 1000.0;
    Segment said =
        new Segment(
            start, start + 1, " a text of some words", List.of(1), 0, -0.1, 1, 0, List.of());
    StageTimes times = new StageTimes(1, 1, 1, 1, 1);
    return new ChunkTranscribed(
        lease.chunk(),
        lease.attempt(),
        node,
        new ChunkTranscript("en", 1, List.of(said), "digest", times));
  }

  /** Milliseconds of the claims that were due in {@code span}, smallest first. */
  List<Double> ms(Throughput.Span span) {
    return claims.stream()
        .filter(one -> one.nanos >= span.from() && one.nanos < span.to())
        .map(Timed::ms)
        .sorted()
        .toList();
  }

  int finished() {
    return finished.get();
  }

  List<Throwable> failures() {
    return List.copyOf(failures);
  }

  /** Waits until everything that was asked has been answered. */
  void settle() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(ANSWER_S);
    while (open.get() > 0 && System.nanoTime() < end) {
      Pause.ms(20);
    }
  }

  private static <T> T await(Future<T> answer) throws Exception {
    return answer.toCompletionStage().toCompletableFuture().get(ANSWER_S, TimeUnit.SECONDS);
  }
}
