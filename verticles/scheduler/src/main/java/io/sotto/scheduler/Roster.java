package io.sotto.scheduler;

import io.sotto.protocol.ClusterMessage.Offer;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.IngestOffer;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.WorkerOffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who offers capacity, and how much of it is still free after what this scheduler sent. Pure: times
 * are nanoseconds of a monotonic clock that the caller reads. {@code W} names a piece of work.
 */
final class Roster<O extends Offer, W> {
  /**
   * A lost node must be heard so often before it gets work again, lest a flapping link feed on it.
   * What a link held back comes in one burst when it heals, and counts as one beat.
   */
  static final int BEATS_TO_RETURN = 3;

  private static final int BURSTS_PER_SILENCE = 8;

  /** How long a node that could not be reached is left alone at first, and at most. */
  private static final long REST_NANOS = Duration.ofSeconds(1).toNanos();

  private static final int RESTS_DOUBLED_MAX = 2;

  private static final int SUSPECTS_MAX = 1024;

  /** Of a silence, in eighths, that loses a node which the cluster has given up: a missed beat. */
  private static final int DOUBTED_EIGHTHS = 3;

  /** A node with free capacity; {@code credits} of its slots may be filled now. */
  record Free<O extends Offer>(O offer, int slots, int credits) {}

  private final NodeId self;
  private final long silenceNanos;
  private final Map<NodeId, Seat<O, W>> seats = new LinkedHashMap<>();
  private final Map<NodeId, Suspect> suspects = new LinkedHashMap<>();
  private final Map<W, NodeId> holders = new HashMap<>();
  private long checkedNanos;
  private boolean checked;
  private @Nullable NodeId heldBack;

  /** {@code self} is this scheduler, whose share of what is offered this is about. */
  Roster(NodeId self, Duration silence) {
    this.self = self;
    this.silenceNanos = silence.toNanos();
  }

  /** A node says what it can take. True when it can take more than was known. */
  boolean heard(O offer, long now) {
    Seat<O, W> seat = seats.get(offer.node());
    if (seat != null) {
      int before = seat.credits(now);
      seat.renew(offer, now);
      return seat.credits(now) > before;
    }
    if (!returns(offer.node(), now)) {
      return false;
    }
    seats.put(offer.node(), new Seat<>(offer, self, now));
    return seats.get(offer.node()).credits(now) > 0;
  }

  /** What each node that is heard said last. */
  List<O> offers() {
    return seats.values().stream().map(seat -> seat.offer).toList();
  }

  /** A node never lost is welcome at once. */
  private boolean returns(NodeId node, long now) {
    Suspect suspect = suspects.get(node);
    if (suspect == null) {
      return true;
    }
    if (suspect.beats() > 0 && now - suspect.heardNanos() < silenceNanos / BURSTS_PER_SILENCE) {
      return false;
    }
    boolean steady = now - suspect.heardNanos() <= silenceNanos;
    int beats = steady ? suspect.beats() + 1 : 1;
    if (beats >= BEATS_TO_RETURN) {
      suspects.remove(node);
      return true;
    }
    suspects.put(node, new Suspect(beats, now));
    return false;
  }

  /**
   * The nodes that have fallen silent since the last check; they and what they held are forgotten.
   * Call it often: when half a silence passes between two checks it was we who slept, and every
   * node is given its time again.
   */
  List<NodeId> lost(long now) {
    boolean slept = checked && now - checkedNanos > silenceNanos / 2;
    checkedNanos = now;
    checked = true;
    List<NodeId> lost = new ArrayList<>();
    for (Seat<O, W> seat : List.copyOf(seats.values())) {
      if (slept) {
        seat.heardNanos = now;
      } else if (now - seat.heardNanos > patience(seat)) {
        lost.add(seat.offer.node());
        leave(seat.offer.node(), now);
      }
    }
    return lost;
  }

  /**
   * The cluster has given {@code node} up, so that it need not be silent for long to be lost; what
   * it says after this clears it.
   */
  void doubt(NodeId node) {
    Seat<O, W> seat = seats.get(node);
    if (seat != null) {
      seat.doubted = true;
    }
  }

  private long patience(Seat<O, W> seat) {
    return seat.doubted ? silenceNanos * DOUBTED_EIGHTHS / 8 : silenceNanos;
  }

  private void leave(NodeId node, long now) {
    seats.remove(node);
    holders.values().removeIf(node::equals);
    suspects.put(node, new Suspect(0, now));
    if (suspects.size() > SUSPECTS_MAX) {
      suspects.remove(suspects.keySet().iterator().next());
    }
  }

  boolean present(NodeId node) {
    return seats.containsKey(node);
  }

  int size() {
    return seats.size();
  }

  /** {@code node} is to get empty, nobody if null: nothing is free there until it is another. */
  void holdBack(@Nullable NodeId node) {
    heldBack = node;
  }

  /** The nodes that could take something now. */
  List<Free<O>> free(long now) {
    return seats.values().stream()
        .peek(seat -> seat.expire(now, holders))
        .filter(seat -> seat.credits(now) > 0 && !seat.offer.node().equals(heldBack))
        .map(seat -> new Free<>(seat.offer, seat.slots(), seat.credits(now)))
        .toList();
  }

  /** Those that have nothing in hand, whoever sends to them; held back or not, but not hushed. */
  List<O> idle(long now) {
    return seats.values().stream()
        .peek(seat -> seat.expire(now, holders))
        .filter(seat -> seat.idle(now))
        .map(seat -> seat.offer)
        .toList();
  }

  /** {@code node} gets nothing in turn before its next offer. */
  void hush(NodeId node) {
    Seat<O, W> seat = seats.get(node);
    if (seat != null) {
      seat.hushed = true;
    }
  }

  /**
   * {@code work} was sent to {@code node}, which holds it until it is settled or its time is up.
   */
  void sent(NodeId node, W work, long untilNanos) {
    Seat<O, W> seat = seats.get(node);
    if (seat != null) {
      settled(work);
      seat.sentSince++;
      seat.held.put(work, untilNanos);
      holders.put(work, node);
    }
  }

  /** {@code work} is still under way, until {@code untilNanos}. */
  void extend(W work, long untilNanos) {
    NodeId node = holders.get(work);
    if (node != null) {
      seats.get(node).held.put(work, untilNanos);
    }
  }

  /** {@code work} is over, wherever it was; false when nobody was known to hold it. */
  boolean settled(W work) {
    NodeId node = holders.remove(work);
    if (node == null) {
      return false;
    }
    seats.get(node).held.remove(work);
    return true;
  }

  /**
   * {@code node} did not take {@code work}. One that refused it gets nothing before its next offer.
   * One that it did not reach, and whose own word arrives, may have a link that is cut in one
   * direction: it is left alone for longer each time, and then gets one piece of work to try.
   */
  void notTaken(NodeId node, W work, FailureCode why, long now) {
    if (node.equals(holders.get(work))) {
      settled(work);
    }
    if (why == FailureCode.NO_NODE || why == FailureCode.TIMEOUT) {
      rest(node, now);
    } else {
      hush(node);
    }
  }

  private void rest(NodeId node, long now) {
    Seat<O, W> seat = seats.get(node);
    if (seat != null && now - seat.restUntil >= 0) {
      seat.restUntil = now + (REST_NANOS << Math.min(seat.misses, RESTS_DOUBLED_MAX));
      seat.misses++;
    }
  }

  /** {@code node} took what it was sent. */
  void reached(NodeId node) {
    Seat<O, W> seat = seats.get(node);
    if (seat != null) {
      seat.misses = 0;
    }
  }

  /** Settles all work that {@code matches}; returns the nodes that held some of it. */
  List<NodeId> release(Predicate<W> matches) {
    List<W> over = holders.keySet().stream().filter(matches).toList();
    List<NodeId> nodes = over.stream().map(holders::get).distinct().toList();
    over.forEach(this::settled);
    return nodes;
  }

  /** How many pieces of work are with any node. */
  int held() {
    return holders.size();
  }

  private record Suspect(int beats, long heardNanos) {}

  /** What is known of one node. */
  private static final class Seat<O extends Offer, W> {
    private final NodeId self;
    private final Map<W, Long> held = new HashMap<>();
    private O offer;
    private long heardNanos;
    private int sentSince;
    private boolean hushed;
    private boolean doubted;
    private int misses;
    private long restUntil;

    Seat(O offer, NodeId self, long now) {
      this.restUntil = now;
      this.self = self;
      this.offer = offer;
      this.heardNanos = now;
    }

    void renew(O newer, long now) {
      offer = newer;
      heardNanos = now;
      sentSince = 0;
      hushed = false;
      doubted = false;
    }

    int slots() {
      return switch ((Offer) offer) {
        case IngestOffer ingest -> ingest.slots();
        case WorkerOffer worker -> worker.slots();
      };
    }

    /**
     * The offer knows what other schedulers sent but may be older than what we just sent; what we
     * hold there knows only ours. The smaller of the two never overfills a node that we alone feed.
     */
    int credits(long now) {
      return rests(now) ? 0 : Math.max(0, Math.min(open(), share()));
    }

    /**
     * Whoever may fill it, and missed or not: one that is held back gets nothing else to be reached
     * by.
     */
    boolean idle(long now) {
      return !rests(now) && open() == slots();
    }

    private boolean rests(long now) {
      return hushed || now - restUntil < 0;
    }

    private int open() {
      return Math.min(offer.freeSlots() - sentSince, slots() - held.size());
    }

    /** Of the free slots, how many this scheduler may fill: all, none, or one to ask for all. */
    private int share() {
      int trial = misses > 0 ? 1 - sentSince : Integer.MAX_VALUE;
      NodeId feeder =
          switch ((Offer) offer) {
            case IngestOffer ingest -> ingest.feeder();
            case WorkerOffer worker -> worker.feeder();
          };
      if (feeder == null || feeder.equals(self)) {
        return trial;
      }
      return feeder.equals(NodeId.NOBODY) ? 1 - sentSince : 0;
    }

    void expire(long now, Map<W, NodeId> holders) {
      for (Iterator<Map.Entry<W, Long>> i = held.entrySet().iterator(); i.hasNext(); ) {
        Map.Entry<W, Long> entry = i.next();
        if (now - entry.getValue() > 0) {
          holders.remove(entry.getKey());
          i.remove();
        }
      }
    }
  }
}
