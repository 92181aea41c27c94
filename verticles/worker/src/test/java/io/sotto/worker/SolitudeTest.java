package io.sotto.worker;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** When a worker takes ordinary chunks, with a clock that the test moves. */
class SolitudeTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long ROOM = Solitude.ROOM_MAX.toNanos();
  private static final long LINGER = Solitude.LINGER.toNanos();

  private final Solitude solitude = new Solitude();
  private long now = Long.MAX_VALUE - 2 * SECOND;

  private boolean closed(boolean empty) {
    return solitude.closed(empty, now);
  }

  @Test
  void itIsOpenUntilAskedToBeAlone() {
    assertFalse(closed(true));
    assertFalse(closed(false));
  }

  @Test
  void whatIsAloneIsAloneUntilItsReportIsSettledAndSomeTimeMore() {
    solitude.begin();
    now += 100 * ROOM;
    assertTrue(closed(false));
    assertTrue(closed(true), "the slot is free, the report is about to be sent");
    assertTrue(closed(false), "the report is under way");
    now += LINGER;
    assertTrue(closed(false), "nobody has it yet");
    assertTrue(closed(true));
    now += LINGER - 1;
    assertTrue(closed(true));
    now += 1;
    assertFalse(closed(true));
  }

  @Test
  void theNextOneFindsTheRoomThatTheLastOneLeft() {
    solitude.begin();
    assertTrue(closed(true));
    now += LINGER / 2;
    solitude.begin();
    now += LINGER;
    assertTrue(closed(false));
    assertTrue(closed(true));
  }

  @Test
  void roomIsMadeForAMinuteAndKeptForAMomentOnceItIsThere() {
    solitude.makeRoom(now);
    now += ROOM / 2;
    assertTrue(closed(false));
    assertTrue(closed(true));
    now += LINGER;
    assertFalse(closed(true), "nobody came");
  }

  @Test
  void whatDoesNotEndIsNotWaitedForForEver() {
    solitude.makeRoom(now);
    now += ROOM - 1;
    assertTrue(closed(false));
    solitude.makeRoom(now);
    now += 1;
    assertFalse(closed(false), "asking again makes it no longer");
    solitude.makeRoom(now);
    assertTrue(closed(false));
  }
}
