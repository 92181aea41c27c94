package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.FailureCode;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** K4 and P6: what OpenAI's clients make of an error. */
class ApiErrorTest {
  @ParameterizedTest
  @EnumSource(FailureCode.class)
  void onlyWhatMayEndOtherwiseIsTriedAgain(FailureCode code) {
    ApiError error = ApiError.of(code, "why");
    boolean waits = Set.of(429, 503).contains(error.status());
    assertEquals(waits, error.retries());
    assertEquals(waits, error.retryAfter() != null);
    assertTrue(error.again().retries());
    assertEquals(
        Set.of("message", "type", "param", "code"),
        error.json().getJsonObject("error").fieldNames());
  }

  @ParameterizedTest
  @CsvSource({"-5, 1", "0, 1", "7, 7", "4000, 120"})
  void whatToWaitIsWhatClientsAreWillingToWait(long seconds, String told) {
    ApiError full = ApiError.of(FailureCode.OVERLOADED, "full").after(seconds);
    assertEquals(told, full.retryAfter());
    assertTrue(full.retries());
  }

  @Test
  void aDefectIsNotTriedAgain() {
    ApiError defect = ApiError.of(new IllegalStateException("secret"));
    assertFalse(defect.retries());
    assertNull(defect.retryAfter());
    assertFalse(defect.json().encode().contains("secret"));
  }
}
