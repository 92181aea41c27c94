package io.sotto.http.subtitle;

import org.jspecify.annotations.Nullable;

/**
 * How cues shall look; null is no limit. The first four are options of openai/whisper's command
 * line, under its names.
 *
 * @param maxLineWidth columns of a line; a full-width character takes two
 * @param maxLineCount lines of a cue; together with a width or a number of words it lets cues cross
 *     segments, without one every segment begins a cue
 * @param maxWordsPerLine words of a line (characters where a language has no spaces); alone, a cue
 *     is one line
 * @param highlightWords each word is marked while it is spoken
 * @param maxCharsPerSecond cues stay for as long as reading them takes, where silence follows
 * @param minGapMs from the end of a cue to the next
 * @param minCueMs cues stay for as long, where silence follows
 * @param maxCueMs no cue stays longer
 */
public record Shape(
    @Nullable Integer maxLineWidth,
    @Nullable Integer maxLineCount,
    @Nullable Integer maxWordsPerLine,
    boolean highlightWords,
    @Nullable Double maxCharsPerSecond,
    @Nullable Integer minGapMs,
    @Nullable Integer minCueMs,
    @Nullable Integer maxCueMs) {
  /** Asks for nothing: a cue a segment, on one line. */
  public static final Shape NONE = new Shape(null, null, null, false, null, null, null, null);

  int lineWidth() {
    return maxLineWidth == null ? Integer.MAX_VALUE : maxLineWidth;
  }

  int wordsPerLine() {
    return maxWordsPerLine == null ? Integer.MAX_VALUE : maxWordsPerLine;
  }

  int lineCount() {
    if (maxLineCount != null) {
      return maxLineCount;
    }
    return maxWordsPerLine == null || maxLineWidth != null ? Integer.MAX_VALUE : 1;
  }

  /** Whether a cue holds so much and no more. */
  boolean bounded() {
    return maxLineCount != null && (maxLineWidth != null || maxWordsPerLine != null);
  }

  long gapMs() {
    return minGapMs == null ? 0 : minGapMs;
  }

  long cueMsMin() {
    return minCueMs == null ? 0 : minCueMs;
  }

  long cueMsMax() {
    return maxCueMs == null ? Long.MAX_VALUE : maxCueMs;
  }

  /** How long {@code characters} are read. */
  long readingMs(int characters) {
    return maxCharsPerSecond == null ? 0 : (long) Math.ceil(characters * 1000 / maxCharsPerSecond);
  }
}
