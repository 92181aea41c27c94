package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.it.Recordings;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Eight kinds of fault, each twice, on a cluster at work: nothing is lost, nothing is there twice.
 */
@Tag("waiting")
class ChaosSmokeIT {
  private static final long SEED = Long.getLong("sotto.chaos.smoke-seed", 1);
  private static final int TIMES = 2;
  private static final int CLIENTS = 6;
  private static final double KILLED_P99_MS = 10_000;
  private static final double FROZEN_P99_MS = 8_000;
  private static final double SETTLED_MS = 30_000;
  private static final double LONGEST_WAIT_MS = 60_000;

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void nothingIsLostAndNothingIsThereTwice() throws Exception {
    Path folder = Recordings.HOME.resolve("verticles/it/target/chaos/smoke");
    Outcome outcome =
        new Campaign(folder, System.out::println)
            .run(new House.Size(2, 2, 400), CLIENTS, Plan.smoke(SEED, TIMES));
    outcome.table().forEach(System.out::println);
    System.out.println(outcome.lastLine());
    assertEquals(List.of(), outcome.verdict().findings());
    assertTrue(outcome.verdict().acked() > 30, "it was under load: " + outcome.verdict());
    Outcome.Times times = outcome.times();
    assertTrue(times.killedP99() <= KILLED_P99_MS, () -> "killed to elsewhere: " + times);
    assertTrue(times.frozenP99() <= FROZEN_P99_MS, () -> "frozen to noticed: " + times);
    assertTrue(times.settled() <= SETTLED_MS, () -> "settled: " + times);
    assertTrue(times.longestWait() <= LONGEST_WAIT_MS, () -> "waits: " + times);
  }
}
