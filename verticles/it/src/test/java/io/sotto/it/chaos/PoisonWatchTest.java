package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What is read from the lines of nodes that die of what they transcribe. */
class PoisonWatchTest {
  private final PoisonWatch watch = new PoisonWatch();

  @Test
  void deathsAreCountedByRecordingAndWhoWasAloneIsKnown() {
    for (String line :
        List.of(
            "worker-1 " + FakeTranscriber.POISONED + "1000",
            "worker-2 " + FakeTranscriber.POISONED + "1001",
            "worker-2 " + FakeTranscriber.POISONED + "1000",
            "worker-1 12:00 INFO chunk taken alone job=a chunk=1 node=n attempt=3",
            "worker-2 12:00 INFO chunk taken alone job=b chunk=0 node=n attempt=3",
            "front-1 12:00 INFO chunk done state=running job=b chunk=0 node=n attempt=3",
            "front-1 12:00 INFO chunk done state=running job=b chunk=1 node=n attempt=1")) {
      watch.accept(line);
    }
    assertEquals(3, watch.killed());
    assertEquals(2, watch.killedMost());
    assertEquals(2, watch.alone());
    assertEquals(1, watch.passed());
  }

  @Test
  void aPoisonedRecordingHasOneMarkAndASoundOneNone() {
    assertEquals(OptionalInt.empty(), Sound.poison(Sound.of(7).samples()));
    assertEquals(OptionalInt.of(1003), Sound.poison(Sound.poisoned(1003, 4).samples()));
  }
}
