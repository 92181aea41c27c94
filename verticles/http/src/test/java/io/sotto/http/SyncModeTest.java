package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** J2, T7: how long a call waits that makes a job, and for which recordings. */
class SyncModeTest {
  private static final SyncMode.Limits LIMITS = SyncMode.Limits.USUAL;
  private static final Duration LONGEST = Duration.ofMinutes(10);

  @ParameterizedTest
  @CsvSource({
    // sync, Prefer, seconds, longest recording in ms
    ",      ,                        120, 60000",
    "auto,  ,                        120, 60000",
    "true,  ,                        600,",
    "false, ,                          0,",
    ",      respond-async,             0,",
    ",      'respond-async, wait=10', 10, 60000",
    ",      'wait=10, respond-async', 10, 60000",
    ",      wait=10,                  10, 60000",
    ",      wait=999,                120, 60000",
    ",      wait=0,                    0, 60000",
    "true,  wait=10,                  10,",
    "true,  respond-async,           600,",
    "false, wait=10,                   0,",
    ",      return=minimal,          120, 60000",
    ",      not-respond-async,       120, 60000",
  })
  void theFieldWinsOverTheHeader(String field, String prefer, long seconds, Long audioMsMax) {
    SyncMode mode = SyncMode.of(field, prefer, LIMITS, LONGEST);
    assertEquals(new SyncMode(Duration.ofSeconds(seconds), audioMsMax), mode);
    assertEquals(seconds > 0, mode.waits());
  }

  @Test
  void noneWaitsLongerThanAnyRequestMay() {
    Duration brief = Duration.ofSeconds(3);
    assertEquals(brief, SyncMode.of(null, null, LIMITS, brief).atMost());
    assertThrows(ApiError.class, () -> SyncMode.of("yes", null, LIMITS, LONGEST));
  }
}
