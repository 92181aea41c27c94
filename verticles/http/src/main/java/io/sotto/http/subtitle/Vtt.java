package io.sotto.http.subtitle;

import io.sotto.protocol.Word;
import java.util.List;

/** WebVTT. Highlighted words have timestamps before them, which players paint the past by. */
final class Vtt {
  private Vtt() {}

  static String write(List<Cue> cues, boolean highlightWords) {
    StringBuilder out = new StringBuilder("WEBVTT\n\n");
    for (Cue cue : cues) {
      out.append(Clock.of(cue.startMs(), false, '.')).append(" --> ");
      out.append(Clock.of(cue.endMs(), false, '.')).append('\n');
      out.append(text(cue, highlightWords)).append("\n\n");
    }
    return out.toString();
  }

  private static String text(Cue cue, boolean highlightWords) {
    StringBuilder text = new StringBuilder();
    long last = cue.startMs();
    for (List<Word> line : cue.lines()) {
      StringBuilder built = new StringBuilder();
      for (Word word : line) {
        String said = built.isEmpty() ? word.word().stripLeading() : word.word();
        long start = Cue.ms(word.start());
        // the standard has them rise, and lie within the cue
        if (highlightWords && start > last && start < cue.endMs()) {
          String bare = said.stripLeading();
          built.append(said, 0, said.length() - bare.length());
          built.append('<').append(Clock.of(start, false, '.')).append('>');
          said = bare;
          last = start;
        }
        built.append(said.replace("&", "&amp;").replace("<", "&lt;"));
      }
      text.append(text.isEmpty() ? "" : "\n").append(built.toString().strip());
    }
    return Text.withoutArrow(text.toString());
  }
}
