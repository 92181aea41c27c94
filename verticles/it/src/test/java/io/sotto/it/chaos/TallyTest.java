package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What is read off the nodes' lines, and what is counted from it. */
class TallyTest {
  private static final long S = 1_000_000_000;
  private final Tally tally = new Tally();

  @Test
  void ratesAndGapsAreOfTheirTime() {
    for (long second : new long[] {1, 2, 3, 8, 11}) {
      tally.done(second % 2 == 0 ? "even" : "odd", second * S);
    }
    assertEquals(0.4, tally.rate(0, 10 * S), 1e-9);
    assertEquals(0.2, tally.rate("even", 0, 10 * S), 1e-9);
    assertEquals(5_000, tally.gapMs(0, 10 * S), 1e-9);
    assertEquals(4_500, tally.firstMs(7 * S / 2), 1e-9);
    assertEquals(12_000, tally.gapMs(12 * S, 24 * S), 1e-9);
  }

  @Test
  void linesOfNodesAreCounted() {
    String subject = " job=j chunk=1 node=n attempt=";
    long before = System.nanoTime();
    tally.accept("12:00 INFO ChunkDispatch chunk leased" + subject + 1);
    tally.accept("12:00 INFO ChunkDispatch chunk leased job=j chunk=2 node=n attempt=1");
    assertEquals(0, tally.againMost());
    tally.accept("12:01 INFO ChunkDispatch chunk leased" + subject + 2);
    tally.accept("12:02 INFO ReportDesk chunk done state=done" + subject + 2);
    assertEquals(1, tally.againMost());
    assertEquals(1, Math.round(tally.rate("n", before, before + S)));
    tally.forgetLeases();
    assertEquals(0, tally.againMost());
  }
}
