package io.sotto.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Where words become segments: at the end of a sentence, at a pause, and within what would be too
 * long to read at once. Pure.
 */
final class Sentences {
  private static final String ENDS = ".!?。！？…؟।";
  private static final String CLAUSES = ",;:、，；：،-–—";
  private static final String CLOSING = "\"'”’)]}»」』";

  /** A longer silence ends a segment, whatever was said. */
  private static final double PAUSE_SECONDS = 1.0;

  /** A longer segment is cut, at the end of a clause where there is one. */
  private static final double SECONDS_MAX = 14;

  /** "Mr." and "No. 5" are not the end of a sentence. */
  private static final int ABBREVIATION_CHARS = 3;

  private Sentences() {}

  /** Indices after the last word of each segment, ascending; the last is the number of words. */
  static List<Integer> ends(List<DecodedWord> words) {
    List<Integer> ends = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < words.size(); i++) {
      if (i + 1 == words.size() || breaks(words, i)) {
        cut(words, begin, i + 1, ends);
        begin = i + 1;
      }
    }
    return ends;
  }

  private static boolean breaks(List<DecodedWord> words, int i) {
    DecodedWord next = words.get(i + 1);
    return next.start() - words.get(i).end() >= PAUSE_SECONDS
        || endsSentence(words.get(i).text().strip()) && begins(next.text());
  }

  private static boolean endsSentence(String word) {
    String bare = withoutClosing(word);
    if (bare.isEmpty() || ENDS.indexOf(bare.charAt(bare.length() - 1)) < 0) {
      return false;
    }
    boolean capital = Character.isUpperCase(bare.charAt(0));
    return !(capital && bare.endsWith(".") && bare.length() <= ABBREVIATION_CHARS + 1);
  }

  private static String withoutClosing(String word) {
    int end = word.length();
    while (end > 0 && CLOSING.indexOf(word.charAt(end - 1)) >= 0) {
      end--;
    }
    return word.substring(0, end);
  }

  /** A sentence does not begin with a small letter, nor in the middle of a number. */
  private static boolean begins(String word) {
    String bare = word.strip();
    boolean within = !word.startsWith(" ") && !bare.isEmpty() && Character.isDigit(bare.charAt(0));
    return bare.isEmpty() || !within && !Character.isLowerCase(bare.charAt(0));
  }

  /** Adds the ends of {@code words[begin..end)}, in several pieces when it is long. */
  private static void cut(List<DecodedWord> words, int begin, int end, List<Integer> ends) {
    int from = begin;
    while (words.get(end - 1).end() - words.get(from).start() > SECONDS_MAX) {
      int at = clause(words, from, end);
      if (at <= from || at >= end) {
        break;
      }
      ends.add(at);
      from = at;
    }
    ends.add(end);
  }

  /** After the last clause that fits; else after the last word that does. */
  private static int clause(List<DecodedWord> words, int from, int end) {
    double limit = words.get(from).start() + SECONDS_MAX;
    int clause = from;
    int word = from;
    for (int i = from; i < end && words.get(i).end() <= limit; i++) {
      word = i + 1;
      String text = words.get(i).text().strip();
      if (!text.isEmpty() && CLAUSES.indexOf(text.charAt(text.length() - 1)) >= 0) {
        clause = i + 1;
      }
    }
    double heard = clause > from ? words.get(clause - 1).end() - words.get(from).start() : 0;
    return heard >= SECONDS_MAX / 3 ? clause : word;
  }
}
