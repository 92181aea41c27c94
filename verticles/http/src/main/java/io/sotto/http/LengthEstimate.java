package io.sotto.http;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How long a recording may be, from its bytes alone, before anybody has decoded it: its size at the
 * lowest usual bit rate of its kind, so that it is seldom longer and often shorter.
 */
final class LengthEstimate {
  /** Where the kind is not known: MP3 at 64 kbit/s. */
  private static final int BYTES_PER_S_USUAL = 8_000;

  /** By the content type's subtype or the file name's ending. */
  private static final Map<String, Integer> BYTES_PER_S =
      Map.ofEntries(
          Map.entry("wav", 32_000), // 16 kHz, 16 bit, one channel
          Map.entry("x-wav", 32_000),
          Map.entry("wave", 32_000),
          Map.entry("flac", 16_000),
          Map.entry("x-flac", 16_000),
          Map.entry("mp3", 8_000),
          Map.entry("mpeg", 8_000),
          Map.entry("mpga", 8_000),
          Map.entry("m4a", 8_000),
          Map.entry("mp4", 8_000),
          Map.entry("x-m4a", 8_000),
          Map.entry("aac", 8_000),
          Map.entry("ogg", 4_000), // Opus at 32 kbit/s
          Map.entry("oga", 4_000),
          Map.entry("opus", 4_000),
          Map.entry("webm", 4_000));

  private LengthEstimate() {}

  /** Seconds; the content type decides, then the ending of {@code fileName}. */
  static double seconds(long bytes, @Nullable String contentType, @Nullable String fileName) {
    Integer rate = rate(contentType, '/');
    Integer byName = rate == null ? rate(fileName, '.') : rate;
    return bytes / (double) (byName == null ? BYTES_PER_S_USUAL : byName);
  }

  private static @Nullable Integer rate(@Nullable String text, char before) {
    if (text == null) {
      return null;
    }
    String kind = text.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return BYTES_PER_S.get(kind.substring(kind.lastIndexOf(before) + 1));
  }
}
