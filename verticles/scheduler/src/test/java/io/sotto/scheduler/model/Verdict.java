package io.sotto.scheduler.model;

import static io.sotto.scheduler.model.Invariants.require;

import io.sotto.protocol.ChunkId;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.JobId;
import io.sotto.storage.JobStore.ChunkResult;
import io.sotto.testkit.JobRow;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How every job must have ended once the faults are over. */
final class Verdict {
  private static final int FAILS_MAX = 5;
  private static final int DEATHS_MAX = 3;

  private final Database database;
  private final Client client;
  private final Faults faults;
  private final Map<JobId, JobRow> rows = new HashMap<>();

  Verdict(Database database, Client client, Faults faults) {
    this.database = database;
    this.client = client;
    this.faults = faults;
    database.store.rows().forEach(row -> rows.put(row.id(), row));
  }

  void pass() {
    for (Story story : client.accepted()) {
      JobRow job = rows.get(story.id());
      require(job != null, "I1 what was acknowledged is there: ", story);
      judge(story, job);
    }
  }

  private void judge(Story story, JobRow job) {
    switch (job.state()) {
      case ACCEPTED, PREPARING, RUNNING ->
          throw new Violation("liveness, it never ended: " + story + " " + standing(job));
      case CANCELLED -> require(client.tookBack(story.id()), "nobody cancelled it: ", story);
      case COMPLETED -> completed(story);
      case FAILED -> failed(story, job);
    }
  }

  private static String standing(JobRow job) {
    return job.state() + " " + job.chunks().stream().map(JobRow.Chunk::state).toList();
  }

  private void completed(Story story) {
    require(story.kind() == Story.Kind.SOUND, "it cannot have been transcribed: ", story);
    List<ChunkResult> results = database.store.results(story.id()).result();
    require(results.size() == story.chunks(), "all its text is there: ", story, results.size());
    for (int seq = 0; seq < results.size(); seq++) {
      ChunkResult result = results.get(seq);
      require(
          result.seq() == seq && story.isTextOf(result.transcript(), seq),
          "I7 it is the right text: ",
          story,
          seq);
    }
  }

  /** Bad recordings fail; a sound one only if enough befell it to use a whole budget up. */
  private void failed(Story story, JobRow job) {
    int drains = faults.struck().getOrDefault(Fault.DRAIN, 0);
    int poisoned = faults.struck().getOrDefault(Fault.POISON, 0);
    boolean spent = job.fails() >= FAILS_MAX || job.deaths() >= DEATHS_MAX;
    for (JobRow.Chunk chunk : job.chunks()) {
      int kills = database.invariants.kills(new ChunkId(story.id(), chunk.seq()));
      require(
          kills <= DEATHS_MAX + faults.harms() + drains + poisoned - kills,
          "a poisoned chunk kills so often: ",
          story,
          kills);
      spent |=
          chunk.state() == ChunkState.DEAD
              && (chunk.fails() == FAILS_MAX || chunk.deaths() == DEATHS_MAX);
    }
    require(
        spent || story.kind() == Story.Kind.NOT_AUDIO, "it failed with its budget left: ", story);
    require(
        story.kind() != Story.Kind.SOUND
            || faults.harms() > 0
            || job.deaths() >= DEATHS_MAX && poisoned >= DEATHS_MAX,
        "a sound one failed though nothing but poison befell it, and not while it was prepared: ",
        story,
        standing(job));
  }
}
