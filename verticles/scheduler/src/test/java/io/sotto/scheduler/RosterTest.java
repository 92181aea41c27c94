package io.sotto.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who counts as there, who as lost, and what a lost node must do to be trusted again. */
class RosterTest {
  private static final Duration SILENCE = SchedulerOptions.of("", "").times().silence();
  private final Roster<IngestOffer, String> roster = new Roster<>(NodeId.create(), SILENCE);
  private final NodeId node = NodeId.create();
  private long ms;

  private boolean beat(NodeId from) {
    return roster.heard(new IngestOffer(from, 2, 2), ms * 1_000_000);
  }

  private List<NodeId> lost() {
    return roster.lost(ms * 1_000_000);
  }

  /** Looks every half second, as the scheduler does, and nobody says anything. */
  private void silence(long forMs) {
    for (long end = ms + forMs; ms < end; ) {
      ms = Math.min(end, ms + 500);
      lost();
    }
  }

  private void loseIt() {
    assertTrue(beat(node));
    silence(SILENCE.toMillis() + 500);
    assertFalse(roster.present(node));
  }

  @Test
  void silenceIsFourSecondsAndNotLess() {
    assertEquals(Duration.ofSeconds(4), SILENCE);
    beat(node);
    silence(4000);
    assertTrue(roster.present(node));
    ms++;
    assertEquals(List.of(node), lost());
    assertFalse(roster.present(node));
  }

  @Test
  void oneMissedBeatLosesANodeThatTheClusterHasGivenUp() {
    beat(node);
    roster.doubt(node);
    silence(1500);
    assertTrue(roster.present(node));
    ms++;
    assertEquals(List.of(node), lost());
  }

  @Test
  void aNodeThatIsHeardIsDoubtedNoMore() {
    beat(node);
    roster.doubt(node);
    silence(1000);
    beat(node);
    silence(3000);
    assertTrue(roster.present(node));
  }

  @Test
  void aLostNodeReturnsAfterThreeBeats() {
    loseIt();
    for (int beats = 1; beats < Roster.BEATS_TO_RETURN; beats++) {
      assertFalse(beat(node), "beat " + beats);
      assertEquals(List.of(), roster.free(ms * 1_000_000));
      silence(1000);
    }
    assertTrue(beat(node));
    assertTrue(roster.present(node));
  }

  @Test
  void beatsThatComeInOneBurstAreOne() {
    loseIt();
    for (int i = 0; i < 10; i++) {
      assertFalse(beat(node));
      ms += 10;
    }
    silence(1000);
    assertFalse(beat(node));
    silence(1000);
    assertTrue(beat(node));
  }

  @Test
  void beatsWithASilenceBetweenThemAreNotInARow() {
    loseIt();
    assertFalse(beat(node));
    silence(1000);
    assertFalse(beat(node));
    silence(SILENCE.toMillis() + 1);
    assertFalse(beat(node));
    silence(1000);
    assertFalse(beat(node));
    silence(1000);
    assertTrue(beat(node));
  }

  @Test
  void aNewIncarnationIsWelcomeAtOnce() {
    loseIt();
    assertTrue(beat(NodeId.create()));
    assertEquals(1, roster.free(ms * 1_000_000).size());
  }

  @Test
  void whoeverSleptHimselfCallsNobodyLost() {
    beat(node);
    lost();
    ms += 60_000;
    assertEquals(List.of(), lost());
    assertTrue(roster.present(node));
  }

  @Test
  void aLinkThatFlapsFasterThanTheSilenceLosesNobody() {
    for (long end = ms + 60_000; ms < end; ms += 500) {
      boolean up = ms % 6_000 < 3_000;
      if (up && ms % 1000 == 0) {
        beat(node);
      }
      assertEquals(List.of(), lost(), "at " + ms);
    }
  }

  @Test
  void aLinkThatFlapsSlowerGetsOnePieceOfWorkEachTimeItIsSteady() {
    int dispatches = 0;
    for (long end = ms + 60_000; ms < end; ms += 500) {
      boolean up = ms % 10_000 < 3_000;
      if (up && ms % 1000 == 0) {
        beat(node);
      }
      lost();
      if (roster.present(node) && roster.held() == 0) {
        dispatches++;
        roster.sent(node, "chunk", Long.MAX_VALUE);
      }
    }
    assertEquals(6, dispatches);
  }

  private static WorkerOffer offers(NodeId worker, int free, NodeId feeder) {
    return new WorkerOffer(worker, "cpu", List.of("base"), 6, free, 1, List.of(), feeder);
  }

  private static int credits(Roster<WorkerOffer, String> workers) {
    return workers.free(0).stream().mapToInt(Roster.Free::credits).sum();
  }

  @Test
  void slotsOfAnotherSchedulerAreLeftToIt() {
    NodeId self = NodeId.create();
    Roster<WorkerOffer, String> workers = new Roster<>(self, SILENCE);
    assertFalse(workers.heard(offers(node, 6, NodeId.create()), 0));
    assertTrue(workers.present(node));
    assertEquals(0, credits(workers));
    assertTrue(workers.heard(offers(node, 6, self), 0), "it is ours now");
    assertEquals(6, credits(workers));
  }

  /** Else a chunk that must be alone would wait for the scheduler that happens to feed it. */
  @Test
  void whoHasNothingInHandIsIdleWhoeverFeedsIt() {
    Roster<WorkerOffer, String> workers = new Roster<>(NodeId.create(), SILENCE);
    workers.heard(offers(node, 6, NodeId.create()), 0);
    assertEquals(1, workers.idle(0).size());
    workers.heard(offers(node, 6, NodeId.NOBODY), 0);
    assertEquals(1, workers.idle(0).size());
    workers.heard(offers(node, 5, NodeId.NOBODY), 0);
    assertEquals(List.of(), workers.idle(0));
  }

  @Test
  void whereNobodyFeedsOneChunkAsksForAllSlots() {
    NodeId self = NodeId.create();
    Roster<WorkerOffer, String> workers = new Roster<>(self, SILENCE);
    assertTrue(workers.heard(offers(node, 6, NodeId.NOBODY), 0));
    assertEquals(1, credits(workers));
    workers.sent(node, "first", Long.MAX_VALUE);
    assertEquals(0, credits(workers));
    assertTrue(workers.heard(offers(node, 5, self), 0));
    assertEquals(5, credits(workers));
  }

  @Test
  void aWorkerThatKnowsNoFeederIsFilledByAll() {
    Roster<WorkerOffer, String> workers = new Roster<>(NodeId.create(), SILENCE);
    workers.heard(offers(node, 6, null), 0);
    assertEquals(6, credits(workers));
  }

  @Test
  void whatIsNotReachedIsLeftAloneForLongerEachTimeAndThenTriedWithOne() {
    NodeId self = NodeId.create();
    Roster<WorkerOffer, String> workers = new Roster<>(self, SILENCE);
    workers.heard(offers(node, 6, self), 0);
    for (int chunk = 0; chunk < 6; chunk++) {
      workers.sent(node, "chunk " + chunk, Long.MAX_VALUE);
    }
    for (int chunk = 0; chunk < 6; chunk++) {
      workers.notTaken(node, "chunk " + chunk, FailureCode.TIMEOUT, 0);
    }
    long at = 0;
    for (int restMs : new int[] {1_000, 2_000, 4_000, 4_000}) {
      long over = at + restMs * 1_000_000L;
      workers.heard(offers(node, 6, self), over - 1);
      assertEquals(List.of(), workers.free(over - 1), "one beat does not tell that it is reached");
      assertEquals(1, workers.free(over).getFirst().credits());
      workers.sent(node, "trial", Long.MAX_VALUE);
      workers.notTaken(node, "trial", FailureCode.NO_NODE, over);
      at = over;
    }
    long later = at + 4_000_000_000L;
    workers.heard(offers(node, 6, self), later);
    workers.sent(node, "trial", Long.MAX_VALUE);
    workers.reached(node);
    workers.heard(offers(node, 5, self), later);
    assertEquals(5, workers.free(later).getFirst().credits());
  }
}
