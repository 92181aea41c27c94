package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What of an alert is shortened, and what is not. */
class ShortRulesTest {
  @Test
  void timesAreShortenedAndNumbersAreNot() {
    assertEquals(
        "sum(increase(a_total[60s])) > 5", ShortRules.shortened("sum(increase(a_total[10m])) > 5"));
    assertEquals("max(b_seconds) > 360", ShortRules.shortened("max(b_seconds) > 3600"));
    assertEquals(
        "q(rate(c_seconds_bucket[30s])) > 2",
        ShortRules.shortened("q(rate(c_seconds_bucket[5m])) > 2"));
    assertEquals("d_files > 300", ShortRules.shortened("d_files > 300"));
  }
}
