package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The long run of {@code mvn verify -Pchaos}: every study, and its figures into the docs. */
@Tag("alone")
class ChaosNight {
  @TestFactory
  @Timeout(value = 10, unit = TimeUnit.HOURS)
  Stream<DynamicTest> noPromiseIsBroken() {
    return Studies.named(System.getProperty("sotto.chaos.studies", "")).stream()
        .map(study -> DynamicTest.dynamicTest(study.name(), () -> holds(study)));
  }

  private static void holds(Study study) throws Exception {
    study.obstacle().ifPresent(why -> Assumptions.abort(study.name() + " is skipped: " + why));
    assertEquals(List.of(), Studies.run(study, System.out::println).findings());
  }
}
