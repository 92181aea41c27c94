package io.sotto.http.subtitle;

import io.sotto.protocol.Word;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SubRip. Highlighted words are underlined, as by openai/whisper: a cue a word, and one without a
 * mark for the silence between two.
 */
final class Srt {
  private final StringBuilder out = new StringBuilder();
  private int number = 1;

  private Srt() {}

  static String write(List<Cue> cues, boolean highlightWords) {
    Srt srt = new Srt();
    for (Cue cue : cues) {
      if (highlightWords) {
        srt.highlighted(cue);
      } else {
        srt.cue(cue.startMs(), cue.endMs(), text(cue, null));
      }
    }
    return srt.out.toString();
  }

  private void cue(long startMs, long endMs, String text) {
    out.append(number++).append('\n');
    out.append(Clock.of(startMs, true, ',')).append(" --> ");
    out.append(Clock.of(endMs, true, ',')).append('\n');
    out.append(text).append("\n\n");
  }

  private void highlighted(Cue cue) {
    long last = cue.startMs();
    for (Word word : cue.words()) {
      long start = Math.clamp(Cue.ms(word.start()), last, cue.endMs());
      long end = Math.clamp(Cue.ms(word.end()), start, cue.endMs());
      if (end == start) {
        continue;
      }
      if (start > last) {
        cue(last, start, text(cue, null));
      }
      cue(start, end, text(cue, word));
      last = end;
    }
    if (cue.endMs() > last) {
      cue(last, cue.endMs(), text(cue, null));
    }
  }

  /** The lines, one word of them underlined. */
  private static String text(Cue cue, @Nullable Word spoken) {
    StringBuilder text = new StringBuilder();
    for (List<Word> line : cue.lines()) {
      StringBuilder built = new StringBuilder();
      for (Word word : line) {
        built.append(word == spoken ? underlined(word.word()) : word.word());
      }
      text.append(text.isEmpty() ? "" : "\n").append(built.toString().strip());
    }
    return Text.withoutArrow(text.toString());
  }

  private static String underlined(String word) {
    String bare = word.strip();
    int at = word.indexOf(bare);
    return word.substring(0, at) + "<u>" + bare + "</u>" + word.substring(at + bare.length());
  }
}
