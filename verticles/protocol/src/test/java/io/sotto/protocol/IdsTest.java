package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {

  @Test
  void jobIdsAreVersion7AndSortByTime() {
    JobId earlier = JobId.create(1_800_000_000_000L);
    JobId later = JobId.create(1_800_000_000_001L);
    assertEquals(7, earlier.value().version());
    assertEquals(2, earlier.value().variant());
    assertTrue(earlier.toString().compareTo(later.toString()) < 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1-2-3-4-5", "not-an-id", "0192f000-0000-7000-8000-00000000000g"})
  void whatIsNoIdIsNotTakenForOne(String text) {
    assertTrue(JobId.parse(text).isEmpty());
  }

  @Test
  void keysCannotClimbOutOfTheirPrefix() {
    assertThrows(IllegalArgumentException.class, () -> new AudioKey("chunks/../uploads/x"));
  }
}
