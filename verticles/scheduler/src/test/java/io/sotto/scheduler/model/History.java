package io.sotto.scheduler.model;

import static io.sotto.scheduler.model.Invariants.require;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.NodeId;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.testkit.FakeJobStore;
import io.sotto.testkit.JobRow;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** All that was seen of one chunk: who had it in which attempt, and how it stood last. */
final class History {
  private static final int FAILS_MAX = 5;
  private static final int DEATHS_MAX = 3;

  private final ChunkId id;
  private final Map<Integer, NodeId> holders = new HashMap<>();
  private JobRow.@Nullable Chunk last;
  int kills;

  History(ChunkId id) {
    this.id = id;
  }

  void check(JobRow.Chunk chunk, FakeJobStore store, Story story) {
    JobRow.Chunk before = last;
    if (chunk.equals(before)) {
      return;
    }
    last = chunk;
    if (before != null) {
      moved(before, chunk);
    }
    boolean claimed =
        chunk.state() == ChunkState.LEASED
            && (before == null
                || before.state() != ChunkState.LEASED
                || before.attempt() != chunk.attempt());
    if (claimed) {
      claimed(before, chunk, store);
    }
    stands(chunk, story);
  }

  private void moved(JobRow.Chunk before, JobRow.Chunk chunk) {
    require(
        !before.state().terminal() || before.state() == chunk.state(),
        "terminal states are never left: ",
        id,
        before.state(),
        chunk.state());
    require(
        before.attempt() <= chunk.attempt(),
        "an attempt is never lowered: ",
        id,
        before.attempt(),
        chunk.attempt());
    require(
        before.result() == null || before.result() == chunk.result(),
        "a result is never replaced: ",
        id);
    require(
        before.fails() <= chunk.fails() && before.deaths() <= chunk.deaths(),
        "what was charged stays charged: ",
        id);
  }

  private void claimed(JobRow.@Nullable Chunk before, JobRow.Chunk chunk, FakeJobStore store) {
    int had = before == null ? 0 : before.attempt();
    require(chunk.attempt() == had + 1, "every claim is a new attempt: ", id, chunk.attempt());
    NodeId owner = Objects.requireNonNull(chunk.owner());
    require(store.lives(owner), "only the living claim: ", id, owner);
    holders.put(chunk.attempt(), Objects.requireNonNull(chunk.worker()));
  }

  boolean hasResultOf(int attempt) {
    ChunkResult result = last == null ? null : last.result();
    return result != null && result.attempt() == attempt;
  }

  private void stands(JobRow.Chunk chunk, Story story) {
    ChunkResult result = chunk.result();
    require(
        (chunk.state() == ChunkState.DONE) == (result != null),
        "I2 a done chunk has a result, no other has: ",
        id,
        chunk.state());
    require(
        chunk.fails() <= FAILS_MAX
            && chunk.deaths() <= DEATHS_MAX
            && chunk.fails() + chunk.deaths() <= chunk.attempt(),
        "budgets have an end, and an attempt is charged once: ",
        id,
        chunk.fails(),
        chunk.deaths(),
        chunk.attempt());
    if (result != null) {
      require(
          result.attempt() == chunk.attempt(),
          "I4 a result is of the current attempt: ",
          id,
          result.attempt(),
          chunk.attempt());
      require(
          result.node().equals(holders.get(chunk.attempt())),
          "a result comes from who held that attempt: ",
          id,
          result.node());
      require(
          story.isTextOf(result.transcript(), chunk.seq()),
          "the text is that chunk's: ",
          id,
          result.transcript().segments());
    }
  }
}
