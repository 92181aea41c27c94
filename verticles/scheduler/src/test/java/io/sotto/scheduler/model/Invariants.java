package io.sotto.scheduler.model;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.ChunkTranscribed;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.TranscribeChunk;
import io.sotto.testkit.FakeJobStore;
import io.sotto.testkit.FakeSweeps.Lost;
import io.sotto.testkit.JobRow;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What must hold of the store after every step, whatever happened, and what may lead from one step
 * to the next.
 */
final class Invariants {
  private static final int FAILS_MAX = 5;
  private static final int DEATHS_MAX = 3;
  private static final int SUSPECT_DEATHS = 2;

  private final boolean dispatchesToo;
  private final Map<JobId, Story> stories = new HashMap<>();
  private final Map<JobId, JobRow> before = new HashMap<>();
  private final Map<ChunkId, History> histories = new HashMap<>();

  /** {@code dispatchesToo}: also that nobody dispatches whose lease has run out. */
  Invariants(boolean dispatchesToo) {
    this.dispatchesToo = dispatchesToo;
  }

  void know(Story story) {
    stories.put(story.id(), story);
  }

  Story story(JobId job) {
    return Objects.requireNonNull(stories.get(job));
  }

  /**
   * {@code poison} kills a process that has {@code inHand}, of which it is one: nobody is charged
   * for it any more that was a suspect when it came into these hands, nor anybody for a suspect.
   */
  void killed(TranscribeChunk poison, List<TranscribeChunk> inHand, FakeJobStore store) {
    history(poison.chunk()).kills++;
    boolean suspected = suspect(poison, store);
    for (TranscribeChunk other : inHand) {
      boolean itself = other.chunk().equals(poison.chunk());
      require(
          itself || current(other, store).isEmpty() || !suspected && !suspect(other, store),
          "who dies beside poison is no suspect, and a suspect takes nobody along: ",
          story(other.chunk().job()),
          other.chunk().seq());
    }
  }

  /** While its lease runs a chunk is charged nothing: it was one when it was claimed. */
  private static boolean suspect(TranscribeChunk work, FakeJobStore store) {
    return current(work, store).filter(chunk -> chunk.deaths() >= SUSPECT_DEATHS).isPresent();
  }

  private static Optional<JobRow.Chunk> current(TranscribeChunk work, FakeJobStore store) {
    return store.rows().stream()
        .filter(row -> row.id().equals(work.chunk().job()))
        .flatMap(row -> row.chunks().stream())
        .filter(chunk -> chunk.seq() == work.chunk().seq())
        .filter(chunk -> chunk.attempt() == work.attempt() && chunk.state() == ChunkState.LEASED)
        .findFirst();
  }

  int kills(ChunkId chunk) {
    return history(chunk).kills;
  }

  private History history(ChunkId chunk) {
    return histories.computeIfAbsent(chunk, History::new);
  }

  /** After a step of {@code store}. */
  void check(FakeJobStore store) {
    for (JobRow job : store.rows()) {
      JobRow last = before.put(job.id(), job);
      if (last != null && last.equals(job)) {
        continue;
      }
      if (last != null) {
        moved(last, job);
      }
      whole(job);
      for (JobRow.Chunk chunk : job.chunks()) {
        history(new ChunkId(job.id(), chunk.seq())).check(chunk, store, story(job.id()));
      }
    }
  }

  private void moved(JobRow last, JobRow job) {
    Story story = story(job.id());
    require(
        !last.state().terminal() || last.state() == job.state(),
        "terminal states are never left: ",
        story,
        last.state(),
        job.state());
    require(last.attempt() <= job.attempt(), "an attempt is never lowered: ", story);
    require(last.chunks().size() <= job.chunks().size(), "chunks are never lost: ", story);
  }

  private void whole(JobRow job) {
    Story story = story(job.id());
    int done = 0;
    for (JobRow.Chunk chunk : job.chunks()) {
      done += chunk.state() == ChunkState.DONE ? 1 : 0;
      require(
          !job.state().terminal() || chunk.state().terminal(),
          "I6 a terminal job has terminal chunks: ",
          story,
          chunk.seq(),
          chunk.state());
    }
    require(done == job.done(), "I3 what is done is counted once: ", story, done, job.done());
    require(
        job.state() != JobState.COMPLETED
            || Objects.equals(job.total(), done) && done == job.chunks().size(),
        "a completed job has all its chunks: ",
        story,
        job.total(),
        done);
    require(job.fails() <= FAILS_MAX && job.deaths() <= DEATHS_MAX, "budgets have an end: ", story);
  }

  /** Work is found overdue, to be charged or not. */
  void found(Lost lost, FakeJobStore store) {
    if (lost.seq() >= 0) {
      require(
          lost.died() || !store.gone(chunk(store.rows(), lost).worker()),
          "what its worker went down with is charged: ",
          story(lost.job()),
          lost.seq());
    } else {
      require(
          !lost.died() || job(store.rows(), lost).ingest() != null,
          "nobody dies of what nobody had: ",
          story(lost.job()));
    }
  }

  /** A sweep gives back what it found, and nothing that was claimed since. */
  void gaveBack(Collection<Lost> found, List<JobRow> before, List<JobRow> after) {
    for (Lost lost : found) {
      if (lost.seq() >= 0) {
        JobRow.Chunk held = chunk(before, lost);
        ChunkState now = chunk(after, lost).state();
        boolean newer = held.state() == ChunkState.LEASED && held.attempt() != lost.attempt();
        require(
            !newer || now == ChunkState.LEASED || now == ChunkState.CANCELLED,
            "a lease is taken away only as it was found: ",
            story(lost.job()),
            lost.seq());
      }
    }
  }

  private static JobRow job(List<JobRow> rows, Lost lost) {
    return rows.stream().filter(row -> row.id().equals(lost.job())).findFirst().orElseThrow();
  }

  private static JobRow.Chunk chunk(List<JobRow> rows, Lost lost) {
    return job(rows, lost).chunks().stream()
        .filter(chunk -> chunk.seq() == lost.seq())
        .findFirst()
        .orElseThrow();
  }

  /** A worker was told that its result is kept. */
  void acknowledged(ChunkTranscribed done) {
    require(
        history(done.chunk()).hasResultOf(done.attempt()),
        "what is acknowledged is in the store: ",
        done.chunk(),
        done.attempt());
  }

  /** A scheduler, alive in the register or not, sends work to a node. */
  void dispatched(boolean lives) {
    require(lives || !dispatchesToo, "F4 nobody dispatches whose lease has run out");
  }

  static void require(boolean holds, String otherwise, Object... about) {
    if (!holds) {
      throw new Violation(otherwise + List.of(about));
    }
  }
}
