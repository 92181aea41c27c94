package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The long run of {@code mvn verify -Pchaos}: random faults, and the figures into the docs. */
class ChaosNight {
  private static final long SEED = Long.getLong("sotto.chaos.seed", 1);
  private static final long MINUTES = Long.getLong("sotto.chaos.minutes", 60);

  @Test
  @Timeout(value = 10, unit = TimeUnit.HOURS)
  void nothingIsLostAndNothingIsThereTwice() throws Exception {
    Outcome outcome = ChaosMain.campaign(SEED, Duration.ofMinutes(MINUTES));
    ReliabilityPage.write(outcome, MINUTES);
    assertEquals(List.of(), outcome.verdict().findings());
  }
}
