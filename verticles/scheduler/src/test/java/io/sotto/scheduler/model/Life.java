package io.sotto.scheduler.model;

import io.sotto.protocol.JobState;
import io.sotto.testkit.JobRow;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One seed: a cluster lives through its faults, comes to rest, and is judged. */
final class Life {
  /** Steps with faults; then those within which everything must have ended. */
  static final int STEPS = 300;

  private static final int REST_STEPS_MAX = 8000;
  private static final int LETTERS_MAX = 500;

  /** A process or the store is struck one step in so many. */
  private static final int STRIKES = 25;

  private final World world;
  private final Faults faults;
  private final Database database;
  private final Cluster cluster;
  private final Client client;
  private long steps;

  /** {@code trace} gets every step, if there is one. */
  Life(long seed, Defect defect, boolean dispatchesToo, @Nullable List<String> trace) {
    world = new World(seed, trace);
    faults = new Faults(world);
    database = new Database(world, faults, defect.guards(), new Invariants(dispatchesToo));
    cluster = new Cluster(world, faults, database, defect);
    client = new Client(cluster);
  }

  /** What a seed came to. {@code violation} is null when all was well. */
  record Outcome(
      long steps,
      double seconds,
      Map<Fault, Integer> faults,
      Map<JobState, Integer> jobs,
      @Nullable String violation) {}

  Outcome live() {
    String violation = null;
    try {
      for (int step = 0; step < STEPS || !client.handedIn(); step++) {
        strike();
        step();
      }
      rest();
      new Verdict(database, client, faults).pass();
    } catch (Violation e) {
      violation = e.getMessage();
    } catch (IllegalStateException e) {
      violation = "an illegal move: " + e.getMessage();
    }
    return new Outcome(steps, world.now() / 1e9, faults.struck(), ends(), violation);
  }

  private void step() {
    steps++;
    world.step();
  }

  private void rest() {
    world.note("----", "the faults end");
    world.calmDown();
    cluster.heal();
    for (int step = 0; step < REST_STEPS_MAX && !over(); step++) {
      step();
    }
    for (int step = 0; step < LETTERS_MAX && world.lettersWait(); step++) {
      step();
    }
  }

  private boolean over() {
    return database.store.rows().stream().allMatch(job -> job.state().terminal());
  }

  private Map<JobState, Integer> ends() {
    Map<JobState, Integer> ends = new EnumMap<>(JobState.class);
    for (JobRow job : database.store.rows()) {
      ends.merge(job.state(), 1, Integer::sum);
    }
    return ends;
  }

  private void strike() {
    if (!world.oneIn(STRIKES)) {
      return;
    }
    Process process = cluster.any();
    if (faults.strikes(Fault.OUTAGE, 4)) {
      database.goAway();
      long away = world.between(Times.ms(500), Times.ms(9000));
      world.after(cluster.supervisor(), away, "the store is back", database::comeBack);
    } else if (process != null) {
      strike(process);
    }
  }

  private void strike(Process process) {
    if (faults.strikes(Fault.CRASH, 3)) {
      cluster.crash(process);
    } else if (faults.strikes(Fault.FREEZE, 3)) {
      cluster.freeze(process);
    } else if (faults.strikes(Fault.CUT, 3)) {
      cluster.cut(process);
    } else if (faults.strikes(Fault.DRAIN, 3)) {
      cluster.drain(process);
    }
  }
}
