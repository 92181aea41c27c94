package io.sotto.scheduler.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.JobState;
import io.sotto.scheduler.model.Life.Outcome;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Thousands of short lives of the protocol, and the proof that they would notice what is wrong. */
class ModelCheckTest {
  private static final int SEEDS = Integer.getInteger("sotto.model.seeds", 10_000);
  private static final Long ONE = Long.getLong("sotto.model.seed");

  /** Within so many seeds a broken protocol must be caught. */
  private static final int SEEDS_TO_CATCH = 1200;

  private static final int SEEDS_OF_DISTRUST = 600;
  private static final int SEEDS_FOR_ALL_FAULTS = 1000;

  @Test
  void theProtocolHolds() {
    if (ONE != null) {
      replay(ONE);
      return;
    }
    long began = System.nanoTime();
    long cpuBegan = cpuNanos();
    Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
    Map<JobState, Integer> jobs = new EnumMap<>(JobState.class);
    long steps = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Outcome outcome = new Life(seed, Defect.NONE, true, null).live();
      assertNull(outcome.violation(), told(seed, Defect.NONE, true));
      steps += outcome.steps();
      outcome.faults().forEach((fault, times) -> faults.merge(fault, times, Integer::sum));
      outcome.jobs().forEach((state, count) -> jobs.merge(state, count, Integer::sum));
    }
    System.out.printf(
        Locale.ROOT,
        "model check: seeds=%d steps=%d seconds=%.1f cpu_seconds=%.1f violations=0 jobs=%s"
            + " faults=%s%n",
        SEEDS,
        steps,
        (System.nanoTime() - began) / 1e9,
        (cpuNanos() - cpuBegan) / 1e9,
        jobs,
        faults);
    if (SEEDS >= SEEDS_FOR_ALL_FAULTS) {
      assertEquals(EnumSet.allOf(Fault.class), faults.keySet(), "every fault happens");
    }
    assertTrue(steps >= (long) SEEDS * Life.STEPS, "every seed has its steps");
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void replay(long seed) {
    List<String> trace = new ArrayList<>();
    Outcome outcome = new Life(seed, Defect.NONE, true, trace).live();
    trace.forEach(System.out::println);
    System.out.println("seed " + seed + ": " + outcome);
    assertNull(outcome.violation());
  }

  /** The same life again, told step by step. */
  private static Supplier<String> told(long seed, Defect defect, boolean dispatchesToo) {
    return () -> {
      List<String> trace = new ArrayList<>();
      Outcome again = new Life(seed, defect, dispatchesToo, trace).live();
      return String.join("\n", trace)
          + "\nseed "
          + seed
          + " (replay: -Dsotto.model.seed="
          + seed
          + ") violates: "
          + again.violation();
    };
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void whatIsBrokenIsCaught(Defect defect) {
    boolean dispatchesToo = defect != Defect.NO_TRUST_WINDOW_NO_GUARD;
    String violation = null;
    long seed = 0;
    while (violation == null && seed < SEEDS_TO_CATCH) {
      seed++;
      violation = new Life(seed, defect, dispatchesToo, null).live().violation();
    }
    assertNotNull(violation, defect + " was not caught within " + SEEDS_TO_CATCH + " seeds");
    System.out.println("model check: " + defect + " caught by seed " + seed + ": " + violation);
  }

  /**
   * The trust window spares work; it is the store's guards that keep a late scheduler from harm.
   */
  @Test
  void aSchedulerThatTrustsItselfTooLongDoesNoHarmWhileTheStoreGuards() {
    for (long seed = 1; seed <= SEEDS_OF_DISTRUST; seed++) {
      Outcome outcome = new Life(seed, Defect.NO_TRUST_WINDOW, false, null).live();
      assertNull(outcome.violation(), told(seed, Defect.NO_TRUST_WINDOW, false));
    }
  }

  @Test
  void aSeedIsALife() {
    List<String> one = new ArrayList<>();
    List<String> other = new ArrayList<>();
    new Life(7, Defect.NONE, true, one).live();
    new Life(7, Defect.NONE, true, other).live();
    assertEquals(one, other);
  }
}
