package io.sotto.it.chaos;

import java.util.List;
import java.util.Locale;

/** Of measured times, in milliseconds, smallest first. */
final class Percentile {
  private Percentile() {}

  /** The smallest that {@code percent} in a hundred do not exceed; NaN of none. */
  static double of(List<Double> sorted, double percent) {
    if (sorted.isEmpty()) {
      return Double.NaN;
    }
    int rank = (int) Math.ceil(percent / 100 * sorted.size());
    return sorted.get(Math.max(0, rank - 1));
  }

  /** Both halves of what is published of a wait, in seconds. */
  static String words(List<Double> sorted) {
    return sorted.isEmpty()
        ? "none"
        : "p50 %s, p99 %s".formatted(seconds(of(sorted, 50)), seconds(of(sorted, 99)));
  }

  static String seconds(double ms) {
    return String.format(Locale.ROOT, "%.1f s", ms / 1000);
  }
}
