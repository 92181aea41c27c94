package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.CrashPoint;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The watch tells one node from another, and a lease that is there from one that is not. */
class CrashWatchTest {
  private static final String LEASED =
      " INFO  ChunkDispatch chunk leased job=j chunk=0 node=n attempt=1";
  private final CrashWatch watch = new CrashWatch();
  private final Member one = member("front-1");
  private final Member other = member("front-2");

  private static Member member(String name) {
    return new Member(Ground.LOOPBACK.spot(name), "http", Map.of(), Path.of("."), 1, line -> {});
  }

  @Test
  void aPointIsReachedByTheNodeThatSaysSo() throws Exception {
    watch.accept("front-1 " + CrashPoint.REACHED + CrashPoint.CLAIM_AFTER.label());
    assertTrue(watch.reaches(one, CrashPoint.CLAIM_AFTER, 1));
    assertFalse(watch.reaches(one, CrashPoint.COMMIT_BEFORE, 1));
    assertFalse(watch.reaches(other, CrashPoint.CLAIM_AFTER, 1));
    watch.armed(one);
    assertFalse(watch.reaches(one, CrashPoint.CLAIM_AFTER, 1));
  }

  @Test
  void whatIsGivenOutWithoutALeaseIsCounted() {
    watch.accept("front-1" + LEASED);
    watch.woken(one);
    watch.accept("front-2" + LEASED);
    assertEquals(0, watch.late());
    watch.accept("front-1" + LEASED);
    assertEquals(1, watch.late());
    watch.accept("front-1 INFO  NodeLease lease taken node=n");
    watch.accept("front-1" + LEASED);
    assertEquals(1, watch.late());
  }
}
