package io.sotto.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import org.junit.jupiter.api.Test;

class StreakTest {
  private final Streak streak = new Streak(2);

  @Test
  void onceIsNotEnough() {
    assertEquals(Set.of(), streak.look(Set.of("a")));
    assertEquals(Set.of("a"), streak.look(Set.of("a", "b")));
    assertEquals(Set.of("a", "b"), streak.look(Set.of("a", "b")));
  }

  @Test
  void oneLookWithoutBeginsAnew() {
    streak.look(Set.of("a"));
    streak.look(Set.of());
    assertEquals(Set.of(), streak.look(Set.of("a")));
    assertEquals(Set.of("a"), streak.look(Set.of("a")));
  }
}
