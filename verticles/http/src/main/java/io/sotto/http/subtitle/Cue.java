package io.sotto.http.subtitle;

import io.sotto.protocol.Segment;
import io.sotto.protocol.Word;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What stands on the screen from {@code startMs} to {@code endMs}, in milliseconds of the
 * recording: words, line by line, each with the space before it.
 */
public record Cue(long startMs, long endMs, List<List<Word>> lines) {
  public Cue {
    lines = lines.stream().map(List::copyOf).toList();
  }

  /** A segment as it is. */
  static Cue of(Segment segment) {
    Word whole = new Word(Text.clean(segment.text()), segment.start(), segment.end(), 1);
    return new Cue(ms(segment.start()), ms(segment.end()), List.of(List.of(whole)));
  }

  static long ms(double seconds) {
    return Math.round(seconds * 1000);
  }

  public List<Word> words() {
    return lines.stream().flatMap(List::stream).toList();
  }

  /** The lines as they are read. */
  public List<String> texts() {
    return lines.stream().map(Cue::text).toList();
  }

  static String text(List<Word> line) {
    return line.stream().map(Word::word).collect(Collectors.joining()).strip();
  }

  /** All of it on one line, for formats that have no second. */
  String flat() {
    return text(words());
  }
}
