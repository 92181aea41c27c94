package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a client's ids is let into logs and headers, and how it stands there. */
class TrailTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "00-" + TRACE + "-00f067aa0ba902b7-01";

  @Test
  void goodIdsStandInALine() {
    Trail trail = new Trail("r-1", PARENT);
    assertEquals(TRACE, trail.traceId());
    assertEquals(" request=r-1 trace=" + TRACE, trail.toString());
    assertEquals("", Trail.NONE.toString());
    assertEquals(trail, trail.at(null));
    JobId job = new JobId(new UUID(0, 1));
    assertEquals(
        "job=" + job + " chunk=- node=- attempt=0 request=r-1 trace=" + TRACE,
        Subject.of(job, null, 0, trail).toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\nb", "ünläut", "a=b", "x\u0000"})
  void idsThatCouldForgeALineAreLeftOut(String id) {
    assertNull(new Trail(id, null).requestId());
    assertNull(new Trail("a".repeat(65), null).requestId());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-0",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-a\r\nb"
      })
  void whatIsNoTraceContextIsLeftOut(String traceparent) {
    assertNull(new Trail(null, traceparent).traceparent());
    assertNull(new Trail(null, traceparent).traceId());
  }
}
