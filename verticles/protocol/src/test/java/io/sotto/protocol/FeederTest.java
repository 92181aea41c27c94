package io.sotto.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Whose a node's free slots are, and from when on they are anybody's. */
class FeederTest {
  private static final long PATIENCE_MS = Feeder.PATIENCE.toMillis();
  private final Feeder feeder = new Feeder();
  private final NodeId first = NodeId.create();
  private final NodeId second = NodeId.create();

  private NodeId at(long ms) {
    return feeder.of(ms * 1_000_000);
  }

  private void fed(NodeId by, int free, long ms) {
    feeder.fed(by, free, ms * 1_000_000);
  }

  private void freed(long ms) {
    feeder.freed(ms * 1_000_000);
  }

  @Test
  void itIsWhoeverSendsFirst() {
    assertEquals(NodeId.NOBODY, at(0));
    fed(first, 1, 0);
    fed(second, 0, 1);
    assertEquals(first, at(2));
  }

  @Test
  void aFullNodeStaysWithIt() {
    fed(first, 0, 0);
    assertEquals(first, at(3_600_000));
  }

  @Test
  void slotsThatAreLeftEmptyAreAnybodys() {
    fed(first, 0, 0);
    freed(1_000);
    assertEquals(first, at(999 + PATIENCE_MS));
    assertEquals(NodeId.NOBODY, at(1_000 + PATIENCE_MS));
    fed(second, 0, 1_001 + PATIENCE_MS);
    assertEquals(second, at(3_600_000));
  }

  @Test
  void morePlacesThatBecomeFreeGrantNoMoreTime() {
    fed(first, 0, 0);
    for (long ms = 1_000; ms < 1_000 + PATIENCE_MS; ms += 10) {
      freed(ms);
    }
    assertEquals(NodeId.NOBODY, at(1_000 + PATIENCE_MS));
  }

  @Test
  void whoeverSendsKeepsTheRest() {
    fed(first, 0, 0);
    freed(1_000);
    freed(1_000);
    fed(first, 1, 999 + PATIENCE_MS);
    assertEquals(first, at(1_000 + PATIENCE_MS));
    assertEquals(NodeId.NOBODY, at(999 + 2 * PATIENCE_MS));
  }

  @Test
  void anothersWorkGrantsItNoMoreTimeUnlessTheNodeIsFull() {
    fed(first, 0, 0);
    freed(1_000);
    freed(1_000);
    fed(second, 1, 1_100);
    assertEquals(NodeId.NOBODY, at(1_000 + PATIENCE_MS));
    fed(first, 0, 1_001 + PATIENCE_MS);
    freed(2_000);
    fed(second, 0, 2_001);
    freed(9_000);
    assertEquals(first, at(9_001));
  }
}
