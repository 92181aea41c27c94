package io.sotto.testkit;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Span;
import io.sotto.protocol.TranscriptionOptions;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import io.sotto.storage.StoredAudio;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rows of {@link FakeJobStore}, as mutable as rows are. */
final class FakeJobs {
  private static final long LETS_PASS_S_MAX = 60;
  private static final long BYTES_PER_MS = 16;

  private FakeJobs() {}

  static final class Job {
    NewJob made;
    final Instant created = Instant.now();
    final Map<Integer, Chunk> chunks = new TreeMap<>();
    JobState state = JobState.ACCEPTED;
    @Nullable String language;
    @Nullable Long audioMs;
    long preparedMs;
    long doneMs;
    @Nullable Integer total;
    int done;
    int attempt;
    int charged;
    int fails;
    int deaths;
    @Nullable NodeId owner;
    @Nullable NodeId ingest;
    long deadline;
    long runAt;
    @Nullable FailureCode code;
    @Nullable String reason;
    @Nullable Instant started;
    @Nullable Instant finished;
    @Nullable JobId reused;
    long vtime;
    final long prepareAt;
    boolean cleaned;
    boolean uploadGone;
    boolean cleanAgain;
    long cleanAt;
    @Nullable Instant deleted;

    /** Its end has been written into the outbox. */
    boolean announced;

    /** Milliseconds of its audio that are left; guessed from its bytes until it is decoded. */
    long leftMs() {
      long guessed = Math.max(preparedMs, made.audio().bytes() / BYTES_PER_MS);
      return Math.max(0, (audioMs == null ? guessed : audioMs) - doneMs);
    }

    Job(NewJob made, long now) {
      this.made = made;
      this.runAt = now;
      this.cleanAt = now;
      this.language = made.options().language();
      long letsPass = Math.min(made.audio().bytes() >> 20, LETS_PASS_S_MAX);
      this.prepareAt = now / 1_000_000 + letsPass * 1000;
    }

    JobView view() {
      return new JobView(
          made.id(),
          made.tenantId(),
          state,
          made.options(),
          language,
          made.fileName(),
          made.audio().bytes(),
          made.audio().sha256(),
          audioMs,
          preparedMs,
          doneMs,
          total,
          done,
          code,
          reason,
          created,
          started,
          finished,
          reused);
    }

    /** Whether this is a completed job of the same recording and options, all of one model. */
    boolean answers(NewJob asked, String modelDigest) {
      return state == JobState.COMPLETED
          && made.tenantId() == asked.tenantId()
          && made.audio().sha256().equals(asked.audio().sha256())
          && made.audio().bytes() == asked.audio().bytes()
          && made.options().equals(asked.options())
          && !chunks.isEmpty()
          && chunks.values().stream().allMatch(chunk -> modelDigest.equals(chunk.digest()));
    }

    /** Completed at once, with what {@code other} came to. */
    static Job reusing(Job other, NewJob made, long now) {
      Job job = new Job(made, now);
      job.state = JobState.COMPLETED;
      job.language = other.language;
      job.audioMs = other.audioMs;
      job.preparedMs = other.preparedMs;
      job.doneMs = other.doneMs;
      job.total = other.total;
      job.done = other.done;
      job.started = Instant.now();
      job.finished = job.started;
      job.reused = other.made.id();
      other.chunks.forEach((seq, chunk) -> job.chunks.put(seq, chunk.copy()));
      return job;
    }

    JobRow row() {
      return new JobRow(
          made.id(),
          state,
          attempt,
          fails,
          deaths,
          ingest,
          total,
          done,
          chunks.values().stream().map(Chunk::row).toList());
    }

    void move(JobState next) {
      if (!state.next().contains(next)) {
        throw new IllegalStateException(state + " -> " + next);
      }
      state = next;
    }

    boolean markCleaned(boolean uploadKept) {
      uploadGone = !uploadKept;
      cleaned = !cleanAgain;
      cleanAt = cleanAgain ? deadline : cleanAt;
      cleanAgain = false;
      return cleaned;
    }

    /** Cancels it unless it has ended, and leaves no word of anybody's. */
    void delete(Instant at, long now) {
      if (!state.terminal()) {
        end(JobState.CANCELLED, null, null);
      }
      deleted = at;
      cleanAt = now;
      chunks.clear();
      total = 0;
      done = 0;
      doneMs = 0;
      language = null;
      reason = null;
      reused = null;
      TranscriptionOptions asked = made.options();
      TranscriptionOptions bare = new TranscriptionOptions(asked.model(), null, asked.task(), null);
      StoredAudio audio = new StoredAudio(made.audio().key(), made.audio().bytes(), "");
      made = new NewJob(made.id(), made.tenantId(), null, "", bare, audio, null, null);
    }

    /** Whether its row goes: not while an ingest node may still be storing. */
    boolean forgotten() {
      boolean gone = !cleanAgain;
      cleanAt = cleanAgain ? deadline : cleanAt;
      cleanAgain = false;
      return gone;
    }

    void end(JobState last, @Nullable FailureCode why, @Nullable String text) {
      end(last, why, text, true);
    }

    void end(JobState last, @Nullable FailureCode why, @Nullable String text, boolean chunksToo) {
      cleanAgain = state == JobState.PREPARING;
      move(last);
      code = why;
      reason = text;
      finished = Instant.now();
      chunks.values().stream()
          .filter(chunk -> chunksToo && !chunk.state.terminal())
          .forEach(chunk -> chunk.move(ChunkState.CANCELLED));
    }
  }

  static final class Chunk {
    final int seq;
    Span span;
    AudioKey key;
    String sha256;
    ChunkState state;
    int attempt;
    int charged;
    int fails;
    int deaths;
    @Nullable NodeId owner;
    @Nullable NodeId worker;
    long deadline;
    long runAt;
    long vtime;
    @Nullable ChunkResult result;

    Chunk(PreparedChunk made, ChunkState state, long now) {
      this.seq = made.seq();
      this.span = made.span();
      this.key = made.key();
      this.sha256 = made.sha256();
      this.state = state;
      this.runAt = now;
    }

    private Chunk(Chunk like) {
      this.seq = like.seq;
      this.span = like.span;
      this.key = like.key;
      this.sha256 = like.sha256;
      this.state = like.state;
      this.runAt = like.runAt;
    }

    JobRow.Chunk row() {
      return new JobRow.Chunk(seq, state, attempt, fails, deaths, owner, worker, result);
    }

    void move(ChunkState next) {
      if (!state.next().contains(next)) {
        throw new IllegalStateException("chunk " + state + " -> " + next);
      }
      state = next;
    }

    Chunk copy() {
      Chunk copy = new Chunk(this);
      copy.attempt = attempt;
      copy.result = result;
      return copy;
    }

    @Nullable String digest() {
      ChunkResult made = result;
      return made == null ? null : made.transcript().modelDigest();
    }
  }
}
