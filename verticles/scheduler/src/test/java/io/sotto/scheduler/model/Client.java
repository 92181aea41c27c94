package io.sotto.scheduler.model;

import io.sotto.protocol.JobAccepted;
import io.sotto.protocol.JobChanged;
import io.sotto.protocol.JobId;
import io.sotto.protocol.JobState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Clients and the node that serves them: hand recordings in, again under the same key if no answer
 * came, and take some of them back.
 */
final class Client {
  private static final int JOBS_MAX = 4;
  private static final int CANCELS = 4;

  private final Cluster cluster;
  private final World world;
  private final Process me;
  private final List<Story> accepted = new ArrayList<>();
  private final Set<JobId> takenBack = new HashSet<>();
  private int open;

  Client(Cluster cluster) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.me = cluster.supervisor();
    int jobs = 1 + world.dice.nextInt(JOBS_MAX);
    for (int number = 1; number <= jobs; number++) {
      Story story = Story.drawn(number, world, cluster.faults);
      cluster.database.invariants.know(story);
      open++;
      long when = world.between(0, Times.ms(12_000));
      world.after(me, when, "submits", () -> submit(story));
      if (cluster.faults.armed(Fault.CANCEL) && world.oneIn(CANCELS)) {
        long later = when + world.between(Times.ms(200), Times.ms(12_000));
        world.after(me, later, "cancels", () -> cancel(story));
      }
    }
  }

  private void submit(Story story) {
    cluster.database.call(
        me,
        "insert",
        () -> cluster.database.store.insert(story.job()),
        inserted -> {
          open--;
          accepted.add(story);
          cluster.hint(me, new JobAccepted(story.id()));
        },
        () -> world.after(me, Times.ms(700), "submits again", () -> submit(story)));
  }

  private void cancel(Story story) {
    takenBack.add(story.id());
    cluster.faults.struck(Fault.CANCEL);
    cluster.database.call(
        me,
        "cancel",
        () -> cluster.database.store.cancel(Story.TENANT, story.id()),
        done -> cluster.hint(me, new JobChanged(story.id(), JobState.CANCELLED)),
        () -> {});
  }

  /** Every recording is in. */
  boolean handedIn() {
    return open == 0;
  }

  List<Story> accepted() {
    return accepted;
  }

  boolean tookBack(JobId job) {
    return takenBack.contains(job);
  }
}
