package io.sotto.testkit;

import io.sotto.protocol.ChunkState;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import io.sotto.protocol.NodeId;
import io.sotto.storage.JobStore.Commit;
import io.sotto.storage.JobStore.Swept;
import io.sotto.testkit.FakeJobs.Chunk;
import io.sotto.testkit.FakeJobs.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The sweeping half of {@link FakeJobStore}, in the two halves that the real one has: what is lost
 * is found first, and moved afterwards if it still is what was found.
 */
public final class FakeSweeps {
  private static final String SILENT = "the node that worked on it fell silent";

  /** Of the last death that a chunk may have cost. */
  private static final String POISON =
      "the nodes that worked on it died or never ended, three of them, the last with it alone;"
          + " their logs say of what";

  private final FakeJobStore store;

  FakeSweeps(FakeJobStore store) {
    this.store = store;
  }

  /** Work that was found abandoned; {@code seq} is -1 for a preparation; {@code kept}: not ours. */
  public record Lost(JobId job, int seq, int attempt, boolean died, boolean kept) {
    static final int PREPARATION = -1;
  }

  List<Lost> overdue() {
    return find(
        chunk -> store.passed(chunk.deadline) || !store.lives(chunk.owner),
        chunk -> died(chunk.deadline, chunk.worker, chunk.owner),
        job -> store.passed(job.deadline) || !store.lives(job.owner),
        job ->
            store.guards().asked(job.ingest != null) && died(job.deadline, job.ingest, job.owner),
        owner -> false);
  }

  private boolean died(long deadline, @Nullable NodeId node, @Nullable NodeId owner) {
    boolean itself = Objects.equals(node, owner);
    return store.guards().died(store.passed(deadline), itself, store.gone(node));
  }

  List<Lost> heldBy(NodeId scheduler, Collection<NodeId> nodes, Duration fresh) {
    Predicate<@Nullable NodeId> others =
        owner -> !scheduler.equals(owner) && store.fresh(owner, fresh);
    return find(
        chunk -> chunk.worker != null && nodes.contains(chunk.worker),
        chunk -> true,
        job -> job.ingest != null && nodes.contains(job.ingest),
        job -> true,
        others);
  }

  private List<Lost> find(
      Predicate<Chunk> lostChunk,
      Predicate<Chunk> chunkDied,
      Predicate<Job> lostJob,
      Predicate<Job> jobDied,
      Predicate<@Nullable NodeId> kept) {
    List<Lost> found = new ArrayList<>();
    for (Job job : store.jobs()) {
      JobId id = job.made.id();
      for (Chunk chunk : job.chunks.values()) {
        if (chunk.state == ChunkState.LEASED && lostChunk.test(chunk)) {
          boolean died = chunkDied.test(chunk);
          found.add(new Lost(id, chunk.seq, chunk.attempt, died, kept.test(chunk.owner)));
        }
      }
      if (job.state == JobState.PREPARING && lostJob.test(job)) {
        boolean died = jobDied.test(job);
        found.add(new Lost(id, Lost.PREPARATION, job.attempt, died, kept.test(job.owner)));
      }
    }
    return found;
  }

  Swept giveBack(Collection<Lost> found) {
    int released = 0;
    List<JobId> failed = new ArrayList<>();
    List<Lost> ours = found.stream().filter(one -> !one.kept).toList();
    for (Lost one : ours) {
      Commit commit = giveBack(one);
      if (commit.finished()) {
        failed.add(one.job);
      } else if (commit.accepted()) {
        released++;
      }
    }
    return new Swept(released, failed, found.size() - ours.size());
  }

  private Commit giveBack(Lost one) {
    Job job = store.job(one.job);
    if (job == null || job.state.terminal()) {
      return new Commit(false, job == null ? null : job.state);
    }
    return one.seq == Lost.PREPARATION ? preparation(job, one) : chunk(job, one);
  }

  private Commit preparation(Job job, Lost one) {
    if (job.attempt != one.attempt || job.state != JobState.PREPARING) {
      return new Commit(false, job.state);
    }
    if (!one.died) {
      job.charged = job.attempt;
      job.move(JobState.ACCEPTED);
      return new Commit(true, job.state);
    }
    job.deaths++;
    return store.chargePreparation(job, FailureCode.TIMEOUT, SILENT);
  }

  private Commit chunk(Job job, Lost one) {
    Chunk chunk = job.chunks.get(one.seq);
    if (chunk == null || !store.guards().stillLost(chunk.state, chunk.attempt, one.attempt)) {
      return new Commit(false, job.state);
    }
    if (!one.died) {
      store.giveBack(chunk, 0);
      return new Commit(true, job.state);
    }
    chunk.deaths += store.guards().charges() ? 1 : 0;
    String why = chunk.deaths == FakeJobStore.DEATHS_MAX ? POISON : SILENT;
    return store.charge(job, chunk, FailureCode.TIMEOUT, why);
  }
}
