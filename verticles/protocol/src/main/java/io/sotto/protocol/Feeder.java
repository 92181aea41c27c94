package io.sotto.protocol;

import java.time.Duration;

/**
 * Which scheduler may fill a node's free slots. All of them see the same queue; if all filled the
 * same slots, the node would have to refuse most of what it is sent. It is whoever sent work while
 * nobody was, as long as no slot stays empty for longer than {@link #PATIENCE}: a scheduler that is
 * gone, cut off or slow costs no more than that. Pure; times are nanoseconds of a monotonic clock.
 */
public final class Feeder {
  public static final Duration PATIENCE = Duration.ofMillis(500);

  private NodeId scheduler = NodeId.NOBODY;
  private long since;
  private boolean hungry;

  /** {@code by} sent work, which was taken; {@code free} slots are left. */
  public void fed(NodeId by, int free, long now) {
    if (of(now).equals(NodeId.NOBODY)) {
      scheduler = by;
    }
    if (free == 0) {
      hungry = false;
    } else if (by.equals(scheduler)) {
      hungry = true;
      since = now;
    }
  }

  /** A slot is free again. */
  public void freed(long now) {
    if (!hungry) {
      hungry = true;
      since = now;
    }
  }

  /** Whose the free slots are. */
  public NodeId of(long now) {
    return hungry && now - since >= PATIENCE.toNanos() ? NodeId.NOBODY : scheduler;
  }
}
