package io.sotto.http.subtitle;

/** A time as subtitles write it. */
final class Clock {
  private Clock() {}

  /** {@code 01:02:03,004}; without the hours where {@code hours} is false and there are none. */
  static String of(long ms, boolean hours, char point) {
    StringBuilder out = new StringBuilder(12);
    if (hours || ms >= 3_600_000) {
      digits(out, ms / 3_600_000, 2).append(':');
    }
    digits(out, ms / 60_000 % 60, 2).append(':');
    digits(out, ms / 1000 % 60, 2).append(point);
    return digits(out, ms % 1000, 3).toString();
  }

  /** By hand: a day of highlighted words has half a million of them. */
  private static StringBuilder digits(StringBuilder out, long number, int least) {
    String digits = Long.toString(number);
    return out.repeat('0', Math.max(0, least - digits.length())).append(digits);
  }
}
