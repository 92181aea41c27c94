package io.sotto.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Suspect;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who is given a chunk that must be alone, and who is held back for one. */
class SoloPlanTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Duration PATIENCE = SuspectDispatch.PATIENCE;
  private static final List<Suspect> FRESH = List.of(new Suspect("m", Duration.ZERO));
  private static final List<Suspect> LATE = List.of(new Suspect("m", PATIENCE));

  private final NodeId self = NodeId.create();
  private final Roster<WorkerOffer, String> workers = new Roster<>(self, Duration.ofSeconds(4));
  private final Roster<IngestOffer, String> ingests = new Roster<>(self, Duration.ofSeconds(4));
  private final SoloPlan plan = new SoloPlan(workers, ingests, PATIENCE);
  private final NodeId one = NodeId.create();
  private final NodeId other = NodeId.create();
  private long now;

  private void offers(NodeId node, String model, int free) {
    workers.heard(new WorkerOffer(node, "cpu", List.of(model), 4, free, 1), now);
  }

  private List<NodeId> idle(List<Suspect> waiting) {
    return plan.idle(waiting, now).stream().map(WorkerOffer::node).toList();
  }

  @Test
  void whoHasNothingInHandAndTheModelIsGivenOne() {
    offers(one, "m", 4);
    offers(other, "m", 3);
    offers(NodeId.create(), "another", 4);
    assertEquals(List.of(one), idle(FRESH));
    workers.sent(one, "work", now + SECOND);
    assertEquals(List.of(), idle(FRESH), "it was just sent something");
  }

  @Test
  void whoseTheFreeSlotsAreDoesNotMatterToAWorkerThatHasNothingInHand() {
    for (NodeId feeder : List.of(NodeId.NOBODY, self, NodeId.create())) {
      workers.heard(new WorkerOffer(one, "cpu", List.of("m"), 4, 4, 1, List.of(), feeder), now);
      assertEquals(List.of(one), idle(FRESH), feeder::toString);
      workers.heard(new WorkerOffer(one, "cpu", List.of("m"), 4, 3, 1, List.of(), feeder), now);
      assertEquals(List.of(), idle(FRESH), feeder::toString);
    }
  }

  @Test
  void whoIsHushedIsNotGivenOneBeforeItsNextOffer() {
    offers(one, "m", 4);
    workers.hush(one);
    assertEquals(List.of(), idle(FRESH));
    assertEquals(List.of(), workers.free(now));
    offers(one, "m", 4);
    assertEquals(List.of(one), idle(FRESH));
  }

  @Test
  void aNodeThatPreparesIsSparedWhileThereIsPatience() {
    offers(one, "m", 4);
    ingests.heard(new IngestOffer(one, 2, 1), now);
    assertEquals(List.of(), idle(FRESH));
    assertEquals(List.of(one), idle(LATE));
    ingests.heard(new IngestOffer(one, 2, 2), now);
    assertEquals(List.of(one), idle(FRESH));
  }

  @Test
  void nobodyIsHeldBackWhileThereIsPatienceAndThenTheLeastBusy() {
    offers(one, "m", 0);
    offers(other, "m", 2);
    offers(NodeId.create(), "another", 4);
    assertEquals(Optional.empty(), plan.heldBack(FRESH, null, now));
    assertEquals(Optional.of(other), plan.heldBack(LATE, null, now));
  }

  @Test
  void whoIsHeldBackStaysSoUntilItIsGoneOrHadAMinuteForNothing() {
    offers(one, "m", 0);
    offers(other, "m", 2);
    assertEquals(Optional.of(one), plan.heldBack(FRESH, one, now), "another scheduler chose it");
    now += SoloPlan.HOLD_MAX.toNanos() - 1;
    assertEquals(Optional.of(one), plan.heldBack(FRESH, one, now));
    now += 1;
    assertEquals(Optional.empty(), plan.heldBack(FRESH, one, now));
    assertEquals(Optional.of(other), plan.heldBack(LATE, one, now));
    assertEquals(Optional.of(other), plan.heldBack(LATE, other, now));
    NodeId gone = NodeId.create();
    assertEquals(Optional.of(other), plan.heldBack(LATE, gone, now));
  }

  @Test
  void theOnlyOneIsHeldBackAgain() {
    offers(one, "m", 0);
    assertEquals(Optional.of(one), plan.heldBack(LATE, one, now));
    now += SoloPlan.HOLD_MAX.toNanos();
    assertEquals(Optional.of(one), plan.heldBack(LATE, one, now));
  }

  @Test
  void whoIsHeldBackHasNothingFreeInTurnAndIsIdleAllTheSame() {
    offers(one, "m", 4);
    workers.holdBack(one);
    assertEquals(List.of(), workers.free(now));
    assertEquals(List.of(one), idle(FRESH));
    workers.holdBack(null);
    assertEquals(1, workers.free(now).size());
  }
}
