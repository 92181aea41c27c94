package io.sotto.worker;

import java.time.Duration;

/**
 * When a worker takes no ordinary chunks: while it has one that must be alone in its hands, and
 * while it makes room for such a one. A chunk counts until its report is settled, since a result
 * that nobody has yet would die with the process too. Pure: times are nanoseconds of a monotonic
 * clock; {@code empty} says that nothing is in hand and nothing left to tell.
 */
final class Solitude {
  /** What is in hand has so long to end; after that others need not wait for it any more. */
  static final Duration ROOM_MAX = Duration.ofSeconds(60);

  /** How long an empty worker waits for the next one: somewhat more than two rounds of asking. */
  static final Duration LINGER = Duration.ofMillis(2500);

  private boolean alone;
  private boolean room;
  private boolean lingering;
  private long roomEnds;

  /** A chunk that must be alone is in hand now. */
  void begin() {
    alone = true;
    room = false;
  }

  /** One was refused, since something else is in hand: room is made for it, once at a time. */
  void makeRoom(long now) {
    if (!room) {
      room = true;
      lingering = false;
      roomEnds = now + ROOM_MAX.toNanos();
    }
  }

  /** Whether ordinary chunks are refused. */
  boolean closed(boolean empty, long now) {
    if (alone && empty) {
      alone = false;
      room = true;
      linger(now);
    } else if (room && empty && !lingering) {
      linger(now);
    } else if (room && !empty && lingering) {
      // its report came after its end
      lingering = false;
      roomEnds = now + ROOM_MAX.toNanos();
    }
    room &= now - roomEnds < 0;
    return alone || room;
  }

  private void linger(long now) {
    lingering = true;
    roomEnds = now + LINGER.toNanos();
  }
}
