package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * What applications hear, byte by byte as docs/bus.md has it: a difference is one between two
 * releases, which only adding a field may be.
 */
class PublicEventsTest {
  private static final JobId JOB =
      JobId.parse("0192f000-0000-7000-8000-000000000001").orElseThrow();

  static JobEvent step() {
    return new JobEvent(
        JOB,
        1,
        JobState.RUNNING,
        40,
        "whisper-base",
        "en",
        101.5,
        new JobEvent.Chunks(2, 4),
        "2026-11-25T03:00:00Z",
        new JobEvent.Failure(FailureCode.BAD_AUDIO, "the file is empty"));
  }

  @Test
  void eventsAreOnTheWireAsDocumented() throws IOException {
    String page = Files.readString(Path.of(System.getProperty("sotto.home"), "docs", "bus.md"));
    TextEvent text = new TextEvent(JOB, 1, 3, 60.0, 89.984, "en", " Ask not.");
    for (Object event : new Object[] {step(), text}) {
      String json = "```json\n" + ProtocolJson.write(event) + "\n```";
      assertTrue(page.contains(json), () -> "docs/bus.md has no " + json);
    }
  }

  @Test
  void whatIsNotKnownYetIsNull() {
    JobEvent event =
        new JobEvent(
            JOB,
            7,
            JobState.ACCEPTED,
            0,
            "base",
            null,
            null,
            new JobEvent.Chunks(0, null),
            "2026-11-25T03:00:00Z",
            null);
    assertEquals(
        "{\"id\":\"0192f000-0000-7000-8000-000000000001\",\"tenant\":7,\"status\":\"accepted\","
            + "\"progress\":0,\"model\":\"base\",\"language\":null,\"duration_seconds\":null,"
            + "\"chunks\":{\"done\":0,\"total\":null},\"updated_at\":\"2026-11-25T03:00:00Z\","
            + "\"error\":null}",
        ProtocolJson.write(event));
  }

  @Test
  void addressesAreFrozen() {
    assertEquals("sotto.v1.submit", PublicAddresses.SUBMIT);
    assertEquals("sotto.v1.status", PublicAddresses.STATUS);
    assertEquals("sotto.v1.cancel", PublicAddresses.CANCEL);
    assertEquals("sotto.v1.changed", PublicAddresses.CHANGED);
    assertEquals("sotto.v1.partial", PublicAddresses.PARTIAL);
  }
}
