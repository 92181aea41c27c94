package io.sotto.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.worker.ModelShelf.Room;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What may stay and what must go, by the books alone. */
class ModelShelfTest {
  private static final Duration IDLE = Duration.ofMinutes(10);

  /** {@code nanoTime} may begin anywhere, also just before its end. */
  private static final long START = Long.MAX_VALUE - 5;

  private final ModelShelf shelf = new ModelShelf(List.of("first", "b", "c", "d"), 100, IDLE);

  private LoadedModel put(String name, long bytes, long secondsAfterStart) {
    var model = new LoadedModel(name, FakeTranscriber.of(name, "digest"), bytes, "stamp", 0);
    shelf.put(model, at(secondsAfterStart));
    return model;
  }

  private static long at(long seconds) {
    return START + Duration.ofSeconds(seconds).toNanos();
  }

  private void assertRoom(Room room, List<LoadedModel> unload, String name, long bytes) {
    assertEquals(new ModelShelf.Verdict(room, unload), shelf.roomFor(name, bytes));
  }

  @Test
  void whatFitsNeedsNothingToGo() {
    put("first", 40, 0);
    put("b", 30, 0);
    assertRoom(Room.FITS, List.of(), "c", 30);
    assertRoom(Room.NEVER, List.of(), "c", 61);
  }

  @Test
  void theLeastRecentlyUsedGoFirstAndNoMoreThanNeeded() {
    put("first", 10, 0);
    LoadedModel b = put("b", 30, 3);
    LoadedModel c = put("c", 30, 2);
    LoadedModel d = put("d", 30, 4);
    assertRoom(Room.UNLOAD, List.of(c), "e", 30);
    assertRoom(Room.UNLOAD, List.of(c, b), "e", 31);
    shelf.use(c);
    assertRoom(Room.UNLOAD, List.of(b), "e", 30);
    shelf.giveBack(c, at(9));
    assertRoom(Room.UNLOAD, List.of(b, d, c), "e", 90);
  }

  @Test
  void oneInUseNeverGoesAndIsWaitedFor() {
    put("first", 10, 0);
    LoadedModel b = put("b", 60, 0);
    shelf.use(b);
    shelf.use(b);
    assertRoom(Room.WAIT, List.of(), "c", 40);
    shelf.giveBack(b, at(1));
    assertRoom(Room.WAIT, List.of(), "c", 40);
    shelf.giveBack(b, at(2));
    assertRoom(Room.UNLOAD, List.of(b), "c", 40);
  }

  @Test
  void whatIsLeavingCountsUntilItIsGone() {
    put("first", 10, 0);
    LoadedModel b = put("b", 60, 0);
    LoadedModel d = put("d", 20, 0);
    shelf.leave(b);
    assertNull(shelf.find("b"));
    assertTrue(shelf.toFree(b));
    assertFalse(shelf.toFree(b), "once");
    assertFalse(shelf.toFree(d), "it stays");
    assertRoom(Room.WAIT, List.of(), "c", 40);
    assertRoom(Room.UNLOAD, List.of(d), "c", 80);
    shelf.gone(b);
    assertRoom(Room.FITS, List.of(), "c", 40);
  }

  @Test
  void aReplacementIsLoadedBesideTheOldWhichGoesWhenItsUsersEnd() {
    LoadedModel first = put("first", 40, 0);
    LoadedModel b = put("b", 30, 0);
    shelf.use(first);
    assertRoom(Room.UNLOAD, List.of(b), "first", 60);
    assertRoom(Room.NEVER, List.of(), "first", 61);
    assertRoom(Room.NEVER, List.of(), "b", 31);
    var fresh = new LoadedModel("first", FakeTranscriber.of("first", "new"), 30, "stamp 2", 0);
    assertSame(first, shelf.put(fresh, at(1)));
    assertSame(fresh, shelf.find("first"));
    assertFalse(shelf.toFree(first), "a chunk still uses it");
    shelf.giveBack(first, at(2));
    assertTrue(shelf.toFree(first));
  }

  @Test
  void idleOnesGoWhenTheirTimeIsUpTheFirstNever() {
    put("first", 10, 0);
    LoadedModel b = put("b", 10, 0);
    LoadedModel c = put("c", 10, 0);
    shelf.use(c);
    assertEquals(List.of(), shelf.idle(at(599)));
    assertEquals(List.of(b), shelf.idle(at(600)));
    shelf.giveBack(c, at(700));
    assertEquals(List.of(b), shelf.idle(at(1299)));
    assertEquals(List.of(b, c), shelf.idle(at(1300)));
  }

  @Test
  void withoutAnIdleTimeNoneGoes() {
    var patient = new ModelShelf(List.of("first", "b"), 100, Duration.ZERO);
    patient.put(new LoadedModel("b", FakeTranscriber.of("b", ""), 1, "", 0), at(0));
    assertEquals(List.of(), patient.idle(at(1_000_000)));
  }

  @Test
  void aRestingModelIsNotOfferedUntilItsRestIsOver() {
    Duration rest = Duration.ofSeconds(5);
    assertTrue(shelf.rest("b", rest, at(0)));
    assertFalse(shelf.rest("b", rest, at(1)), "it rests already");
    assertEquals(List.of("first", "c", "d"), shelf.offered(at(4)));
    assertEquals(List.of("first", "b", "c", "d"), shelf.offered(at(5)));
    assertTrue(shelf.rest("b", rest, at(6)));
    assertFalse(shelf.offers("x", at(0)));
  }

  @Test
  void emptiedItGivesBackAllButWhatIsBeingFreed() {
    LoadedModel first = put("first", 10, 0);
    LoadedModel b = put("b", 10, 0);
    LoadedModel c = put("c", 10, 0);
    shelf.use(c);
    shelf.leave(b);
    shelf.leave(c);
    shelf.toFree(b);
    assertEquals(java.util.Set.of(first, c), java.util.Set.copyOf(shelf.clear()));
    assertEquals(List.of(), shelf.clear());
  }

  @Test
  void aNameTwiceOrNoneAtAllIsADefect() {
    for (List<String> names : List.of(List.<String>of(), List.of("a", "a"))) {
      assertThrows(IllegalArgumentException.class, () -> new ModelShelf(names, 1, IDLE));
    }
  }
}
