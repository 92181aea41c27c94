package io.sotto.testkit;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.PreparedChunk;
import io.sotto.protocol.Span;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.storage.JobView;
import io.sotto.storage.NewJob;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rows of {@link FakeJobStore}, as mutable as rows are. */
final class FakeJobs {
  private FakeJobs() {}

  static final class Job {
    final NewJob made;
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
    boolean cleaned;
    boolean cleanAgain;
    long cleanAt;

    Job(NewJob made, long now) {
      this.made = made;
      this.runAt = now;
      this.cleanAt = now;
      this.language = made.options().language();
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
          finished);
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

    boolean markCleaned() {
      cleaned = !cleanAgain;
      cleanAt = cleanAgain ? deadline : cleanAt;
      cleanAgain = false;
      return cleaned;
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
    @Nullable ChunkResult result;

    Chunk(PreparedChunk made, ChunkState state, long now) {
      this.seq = made.seq();
      this.span = made.span();
      this.key = made.key();
      this.sha256 = made.sha256();
      this.state = state;
      this.runAt = now;
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
  }
}
