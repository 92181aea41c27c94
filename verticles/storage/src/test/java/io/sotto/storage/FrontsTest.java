package io.sotto.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.storage.Fronts.Front;
import io.sotto.storage.Fronts.Known;
import io.sotto.storage.Fronts.Look;
import io.sotto.storage.Fronts.Queue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FrontsTest {
  private static final Queue A = new Queue(1, "m");
  private static final Queue B = new Queue(2, "m");
  private static final List<String> MODELS = List.of("m");

  private final AtomicLong nanos = new AtomicLong();
  private final Fronts fronts = new Fronts(nanos::get);

  private void later(long ms) {
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(ms));
  }

  private void look(long tookMs, Front... found) {
    Look look = fronts.begin();
    later(tookMs);
    fronts.end(look, List.of(found), 0);
  }

  private Known known() {
    return fronts.known(MODELS);
  }

  private Map<Queue, Long> where() {
    Map<Queue, Long> where = new HashMap<>();
    known().fronts().forEach(front -> where.put(front.queue(), front.vtime()));
    return where;
  }

  @Test
  void theFirstClaimLooks() {
    assertTrue(fronts.due());
    assertFalse(fronts.slow());
    look(1, new Front(A, 5));
    assertFalse(fronts.due());
    assertEquals(Map.of(A, 5L), where());
  }

  @Test
  void looksTakeATwentiethOfTheTimeAndComeEveryTwoSecondsAtLeast() {
    look(1, new Front(A, 5));
    later(19);
    assertFalse(fronts.due());
    later(1);
    assertTrue(fronts.due());
    look(5_000, new Front(A, 5));
    later(1_999);
    assertFalse(fronts.due());
    later(1);
    assertTrue(fronts.due());
  }

  @Test
  void oneLookAtATime() {
    look(1, new Front(A, 5));
    later(20);
    Look look = fronts.begin();
    later(1);
    assertFalse(fronts.due());
    fronts.over(look);
    assertFalse(fronts.due(), "one that failed is not repeated at once");
    later(20);
    assertTrue(fronts.due());
  }

  @Test
  void aSlowLookIsNotWaitedForUnlessNobodyKnowsWhatChanged() {
    look(21, new Front(A, 5));
    assertTrue(fronts.slow());
    fronts.unsure();
    assertTrue(fronts.due());
    assertFalse(fronts.slow());
    look(21, new Front(A, 5));
    assertFalse(fronts.due());
  }

  @Test
  void aLookThatBeganBeforeDoesNotMakeSure() {
    Look look = fronts.begin();
    fronts.unsure();
    fronts.end(look, List.of(new Front(A, 5)), 0);
    assertTrue(fronts.due());
  }

  @Test
  void aClaimMovesOnlyTheFrontsThatItTookFrom() {
    look(1, new Front(A, 5), new Front(B, 7));
    fronts.claimed(known(), Map.of(A, 40L), 30);
    assertEquals(Map.of(A, 40L, B, 7L), where());
    assertEquals(30, known().started());
  }

  @Test
  void ofTwoClaimsTheFurtherCounts() {
    look(1, new Front(A, 5));
    Known both = known();
    fronts.claimed(both, Map.of(A, 40L), 30);
    fronts.claimed(both, Map.of(A, 20L), 20);
    assertEquals(Map.of(A, 40L), where());
    assertEquals(30, known().started());
  }

  @Test
  void whatBecameReadyWhileAClaimWasUnderWayIsNotPassed() {
    look(1, new Front(A, 5));
    Known claim = known();
    fronts.ready(new Front(A, 5));
    fronts.claimed(claim, Map.of(A, 40L), 30);
    assertEquals(Map.of(A, 5L), where());
  }

  @Test
  void whatALookFoundWhileAClaimWasUnderWayIsNotPassed() {
    look(1, new Front(A, 50));
    Known claim = known();
    look(1, new Front(A, 5));
    fronts.claimed(claim, Map.of(A, 60L), 30);
    assertEquals(Map.of(A, 5L), where());
  }

  @Test
  void whatBecameReadyWhileALookWasUnderWayIsKept() {
    look(1, new Front(A, 50));
    Look look = fronts.begin();
    fronts.ready(new Front(A, 40));
    fronts.ready(new Front(B, 7));
    fronts.end(look, List.of(new Front(A, 50)), 0);
    assertEquals(Map.of(A, 40L, B, 7L), where());
  }

  @Test
  void whatALookDidNotFindIsForgotten() {
    look(1, new Front(A, 50), new Front(B, 7));
    look(1, new Front(B, 7));
    assertEquals(Map.of(B, 7L), where());
    assertTrue(fronts.known(List.of("another")).nothing());
  }

  @Test
  void whoRecordsForVeryManyTenantsAndNeverClaimsForgetsAndLooks() {
    look(1);
    for (int tenant = 0; tenant < 1 << 16; tenant++) {
      fronts.ready(new Front(new Queue(tenant, "m"), 1));
    }
    assertFalse(fronts.due());
    fronts.ready(new Front(A, 1));
    assertEquals(Map.of(A, 1L), where());
    assertTrue(fronts.due());
  }
}
