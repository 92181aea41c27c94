package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A plan is a function of its number. */
class PlanTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void theSameNumberMakesTheSamePlan() {
    assertEquals(Plan.random(7, HOUR), Plan.random(7, HOUR));
    assertEquals(Plan.random(7, HOUR).lines(), Plan.random(7, HOUR).lines());
    assertNotEquals(Plan.random(7, HOUR).steps(), Plan.random(8, HOUR).steps());
  }

  @Test
  void aLongerPlanBeginsLikeAShorterOne() {
    var shorter = Plan.random(3, Duration.ofMinutes(5)).steps();
    assertEquals(shorter, Plan.random(3, HOUR).steps().subList(0, shorter.size()));
  }

  @Test
  void anHourHasEveryKindOfFaultAndMoreThanTwoHundred() {
    Map<Plan.Kind, Integer> counts = new EnumMap<>(Plan.Kind.class);
    Plan hour = Plan.random(1, HOUR);
    hour.steps().forEach(step -> counts.merge(step.kind(), 1, Integer::sum));
    assertTrue(hour.steps().size() >= 200, hour.lines().getFirst());
    assertEquals(Plan.Kind.values().length, counts.size(), counts::toString);
  }

  @Test
  void theSmokeHasEachOfItsFaultsTwice() {
    Map<Plan.Kind, Integer> counts = new EnumMap<>(Plan.Kind.class);
    Plan.smoke(1, 2).steps().forEach(step -> counts.merge(step.kind(), 1, Integer::sum));
    counts.forEach((kind, count) -> assertEquals(2, count, kind::words));
    assertEquals(8, counts.size());
  }
}
