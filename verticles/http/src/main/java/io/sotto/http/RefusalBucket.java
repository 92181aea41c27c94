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
  private static final long REFILL_NS = 3_000_000_000L;

  /** The longest unseen go first. */
  private static final int ADDRESSES_MAX = 10_000;

  private final LongSupplier nanoTime;
  private final Map<String, Level> levels = new LinkedHashMap<>(16, 0.75f, true);

  private record Level(double left, long at) {}

  RefusalBucket(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Takes one refusal; gives the seconds to wait, 0 where there was one left. */
  long take(String address) {
    long now = nanoTime.getAsLong();
    Level level = levels.getOrDefault(address, new Level(REFUSALS_MAX, now));
    double filled =
        Math.min(REFUSALS_MAX, level.left + (double) (now - level.at) / REFILL_NS);
    boolean left = filled >= 1;
    levels.put(address, new Level(left ? filled - 1 : filled, now));
    if (levels.size() > ADDRESSES_MAX) {
      levels.remove(levels.keySet().iterator().next());
    }
    return left ? 0 : (long) Math.ceil((1 - filled) * REFILL_NS / 1e9);
  }
}
