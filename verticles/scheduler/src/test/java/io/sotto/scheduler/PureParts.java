package io.sotto.scheduler;

import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import io.sotto.storage.JobStore.Suspect;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Opens the parts of a scheduler that decide, as they are, to the model check. */
public final class PureParts {
  private PureParts() {}

  /** A {@link Roster}. */
  public static final class Seats<O extends Offer, W> {
    private final Roster<O, W> roster;

    public Seats(NodeId self, Duration silence) {
      roster = new Roster<>(self, silence);
    }

    public boolean heard(O offer, long now) {
      return roster.heard(offer, now);
    }

    public List<NodeId> lost(long now) {
      return roster.lost(now);
    }

    public boolean present(NodeId node) {
      return roster.present(node);
    }

    public void sent(NodeId node, W work, long untilNanos) {
      roster.sent(node, work, untilNanos);
    }

    public void extend(W work, long untilNanos) {
      roster.extend(work, untilNanos);
    }

    public void settled(W work) {
      roster.settled(work);
    }

    public void notTaken(NodeId node, W work, FailureCode why, long now) {
      roster.notTaken(node, work, why, now);
    }

    public void reached(NodeId node) {
      roster.reached(node);
    }

    public List<NodeId> release(Predicate<W> matches) {
      return roster.release(matches);
    }

    public int size() {
      return roster.size();
    }

    public void hush(NodeId node) {
      roster.hush(node);
    }

    public void holdBack(@Nullable NodeId node) {
      roster.holdBack(node);
    }

    public int held() {
      return roster.held();
    }

    public int credits(long now) {
      return roster.free(now).stream().mapToInt(Roster.Free::credits).sum();
    }

    /** The node with the most free slots. */
    public Optional<NodeId> emptiest(long now) {
      return roster.free(now).stream()
          .max(java.util.Comparator.comparingInt(Roster.Free::credits))
          .map(free -> free.offer().node());
    }
  }

  /** A {@link SoloPlan}. */
  public static final class Solo {
    private final SoloPlan plan;

    public Solo(Seats<WorkerOffer, ?> workers, Seats<IngestOffer, ?> ingests, Duration patience) {
      plan = new SoloPlan(workers.roster, ingests.roster, patience);
    }

    /** Who is given one of {@code waiting} each. */
    public List<NodeId> idle(List<Suspect> waiting, long now) {
      return plan.idle(waiting, now).stream().map(WorkerOffer::node).toList();
    }

    /** Who is to be held back, where {@code nowHeld} is. */
    public Optional<NodeId> heldBack(List<Suspect> waiting, @Nullable NodeId nowHeld, long now) {
      return plan.heldBack(waiting, nowHeld, now);
    }
  }

  /** One tick of the {@link Dispatcher}, over the workers that have free slots. */
  public static final class Turns {
    private final Dispatcher dispatcher;

    public Turns(Seats<WorkerOffer, ?> workers, int claimMax, long now) {
      dispatcher =
          new Dispatcher(
              workers.roster.free(now).stream()
                  .map(
                      free ->
                          new Dispatcher.Worker(
                              free.offer().node(),
                              free.offer().models(),
                              free.slots(),
                              free.credits(),
                              free.offer().speed()))
                  .toList(),
              claimMax);
    }

    /** Whom to claim for next, and how many at most. */
    public Optional<Turn> next() {
      return dispatcher.next().map(claim -> new Turn(dispatcher, claim));
    }
  }

  /** A claim to be made. */
  public static final class Turn {
    private final Dispatcher dispatcher;
    private final Dispatcher.Claim claim;

    private Turn(Dispatcher dispatcher, Dispatcher.Claim claim) {
      this.dispatcher = dispatcher;
      this.claim = claim;
    }

    public NodeId worker() {
      return claim.worker().node();
    }

    public List<String> models() {
      return claim.worker().models();
    }

    public int limit() {
      return claim.limit();
    }

    public void claimed(int got) {
      dispatcher.claimed(claim, got);
    }
  }
}
