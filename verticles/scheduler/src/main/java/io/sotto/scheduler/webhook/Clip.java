package io.sotto.scheduler.webhook;

/** Shortens text to what it takes inside a JSON string, in bytes of UTF-8. Pure. */
final class Clip {
  private static final int ESCAPED = 6;

  /** Two escapes: the encoder writes what is beyond 16 bits so. */
  private static final int SURROGATES = 2 * ESCAPED;

  private Clip() {}

  /** The longest beginning of {@code text} that takes at most {@code bytesMax} bytes. */
  static String json(String text, int bytesMax) {
    int bytes = 0;
    for (int at = 0; at < text.length(); ) {
      int point = text.codePointAt(at);
      bytes += bytes(point);
      if (bytes > bytesMax) {
        return text.substring(0, at);
      }
      at += Character.charCount(point);
    }
    return text;
  }

  private static int bytes(int point) {
    if (point < ' ') {
      return ESCAPED;
    }
    if (point == '"' || point == '\\') {
      return 2;
    }
    if (point < 0x80) {
      return 1;
    }
    return point < 0x800 ? 2 : point < 0x10000 ? 3 : SURROGATES;
  }
}
