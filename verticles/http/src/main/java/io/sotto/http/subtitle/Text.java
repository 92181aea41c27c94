package io.sotto.http.subtitle;

import java.util.regex.Pattern;

/** What characters do to a line: those that would break it, and the room that they take. Pure. */
final class Text {
  /** Everything that ends a line or that no reader shows; a tab is a space. */
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\u2028\u2029&&[^\t]]+");

  private static final Pattern HALF_A_PAIR =
      Pattern.compile("[\\x{D800}-\\x{DFFF}\\x{FFFE}\\x{FFFF}]");
  private static final Pattern ARROW = Pattern.compile("-{2,}>");

  /** First and last of the blocks whose characters are as wide as they are high. */
  private static final int[] WIDE = {
    0x1100, 0x115f, 0x2e80, 0x303e, 0x3041, 0x4dbf, 0x4e00, 0xa4cf, 0xa960, 0xa97f, 0xac00, 0xd7a3,
    0xf900, 0xfaff, 0xfe30, 0xfe6f, 0xff00, 0xff60, 0xffe0, 0xffe6, 0x1f300, 0x1f64f, 0x1f680,
    0x1f6ff, 0x1f900, 0x1f9ff, 0x20000, 0x3fffd
  };

  private Text() {}

  /** One line, of characters that may be written. */
  static String clean(String text) {
    if (text.chars().allMatch(character -> character >= ' ' && character < 0x7f)) {
      return text;
    }
    return HALF_A_PAIR.matcher(CONTROL.matcher(text).replaceAll(" ")).replaceAll("\ufffd");
  }

  /** An arrow inside a cue would end its header: Whisper's writers shorten it. */
  static String withoutArrow(String text) {
    return text.contains("-->") ? ARROW.matcher(text).replaceAll("->") : text;
  }

  static int columns(String text) {
    int columns = 0;
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      columns += columns(text.codePointAt(at));
    }
    return columns;
  }

  private static int columns(int character) {
    if (character < WIDE[0] && Character.isLetterOrDigit(character)) {
      return 1;
    }
    switch (Character.getType(character)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> {
        return 0;
      }
      default -> {
        for (int i = 0; i < WIDE.length; i += 2) {
          if (character >= WIDE[i] && character <= WIDE[i + 1]) {
            return 2;
          }
        }
        return 1;
      }
    }
  }
}
