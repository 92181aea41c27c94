package io.sotto.http.subtitle;

import java.util.Locale;

/** A time as subtitles write it. */
final class Clock {
  private Clock() {}

  /** {@code 01:02:03,004}; without the hours where {@code hours} is false and there are none. */
  static String of(long ms, boolean hours, char point) {
    String tail =
        String.format(
            Locale.ROOT, "%02d:%02d%c%03d", ms / 60_000 % 60, ms / 1000 % 60, point, ms % 1000);
    return hours || ms >= 3_600_000
        ? String.format(Locale.ROOT, "%02d:", ms / 3_600_000) + tail
        : tail;
  }
}
