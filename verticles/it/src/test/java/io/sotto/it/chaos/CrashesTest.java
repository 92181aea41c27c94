package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sotto.protocol.CrashPoint;
import org.junit.jupiter.api.Test;

/** No point is left out, and a number makes one plan. */
class CrashesTest {
  private static long count(Crashes plan, CrashPoint point, boolean freeze) {
    return plan.strikes().stream()
        .filter(strike -> strike.point() == point && strike.freeze() == freeze)
        .count();
  }

  @Test
  void everyPointIsStruckAndThoseOfSchedulersAreFrozenToo() {
    Crashes plan = Crashes.of(1, 2, 1);
    for (CrashPoint point : CrashPoint.values()) {
      assertEquals(2, count(plan, point, false), point.label());
      int freezes = Crashes.OF_SCHEDULERS.contains(point) ? 1 : 0;
      assertEquals(freezes, count(plan, point, true), point.label());
    }
  }

  @Test
  void theSameNumberMakesTheSamePlan() {
    assertEquals(Crashes.of(3, 2, 1), Crashes.of(3, 2, 1));
    assertNotEquals(Crashes.of(3, 2, 1), Crashes.of(4, 2, 1));
  }
}
