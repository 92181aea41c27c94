package io.sotto.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How many refusals an address may collect: a bucket of 20 that fills by one every three seconds.
 * Keys that are known are always let in, so that nobody locks others out from behind one proxy.
 */
final class RefusalBucket {
  static final int REFUSALS_MAX = 20;
  private static final long SECOND_NS = 1_000_000_000L;
  private static final long REFILL_NS = 3 * SECOND_NS;
  private static final long FULL_NS = REFUSALS_MAX * REFILL_NS;

  /** The longest unseen go first. */
  private static final int ADDRESSES_MAX = 10_000;

  private final LongSupplier nanoTime;
  private final Map<String, Level> levels = new LinkedHashMap<>(16, 0.75f, true);

  /** {@code left}: refusals, in the nanoseconds that they take to come back. */
  private record Level(long left, long at) {}

  RefusalBucket(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Takes one refusal; gives the seconds to wait, 0 where there was one left. */
  long take(String address) {
    long now = nanoTime.getAsLong();
    Level level = levels.getOrDefault(address, new Level(FULL_NS, now));
    long filled = Math.min(FULL_NS, level.left + now - level.at);
    boolean left = filled >= REFILL_NS;
    levels.put(address, new Level(left ? filled - REFILL_NS : filled, now));
    if (levels.size() > ADDRESSES_MAX) {
      levels.remove(levels.keySet().iterator().next());
    }
    return left ? 0 : Math.ceilDiv(REFILL_NS - filled, SECOND_NS);
  }
}
