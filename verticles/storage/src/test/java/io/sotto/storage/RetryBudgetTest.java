package io.sotto.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.FailureCode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private static final Duration RECOVERY_MAX = Duration.ofSeconds(10);

  @Test
  void theAudioStoreIsExcusedForItsTimeAndNotForEver() {
    assertExcusedFor(RetryBudget.OUTAGE, FailureCode.STORE_DOWN);
    assertExcusedFor(RetryBudget.DAMAGE, FailureCode.AUDIO_CORRUPT);
  }

  private static void assertExcusedFor(Duration time, FailureCode code) {
    long rested = 0;
    int attempt = 1;
    for (; RetryBudget.excused(code, attempt); attempt++) {
      rested += RetryBudget.excusedRestMs(attempt);
      assertTrue(rested < time.toMillis() + RECOVERY_MAX.toMillis(), "it has an end");
    }
    assertTrue(rested >= time.toMillis(), code + " is excused for " + rested + " ms");
    assertFalse(RetryBudget.excused(code, Integer.MAX_VALUE));
  }

  @Test
  void noRestOutlastsTheOutageForLong() {
    for (int attempt = 1; attempt < 300; attempt++) {
      assertTrue(RetryBudget.excusedRestMs(attempt) <= RECOVERY_MAX.toMillis() / 2);
    }
  }

  @Test
  void whatTheWorkItselfDoesIsNotExcused() {
    assertFalse(RetryBudget.excused(FailureCode.MODEL_FAULT, 1));
    assertFalse(RetryBudget.excused(FailureCode.AUDIO_MISSING, 1));
    assertEquals(500, RetryBudget.restMs(1));
  }
}
