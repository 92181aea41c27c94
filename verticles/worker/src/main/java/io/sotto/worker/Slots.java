package io.sotto.worker;

/**
 * The chunks a worker may hold at once. Whoever takes one gives it back once, however the chunk
 * ends.
 */
final class Slots {
  private final int total;
  private int taken;

  Slots(int total) {
    this.total = total;
  }

  int total() {
    return total;
  }

  int free() {
    return total - taken;
  }

  /** Takes a slot; false when none is free. */
  boolean take() {
    if (taken == total) {
      return false;
    }
    taken++;
    return true;
  }

  void giveBack() {
    if (taken == 0) {
      throw new IllegalStateException("a slot was given back twice");
    }
    taken--;
  }
}
