package io.sotto.http.subtitle;

import io.sotto.protocol.Segment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cues as players read them. Without a shape a cue is a segment, and SubRip, WebVTT and tab
 * separated values are what openai/whisper's writers make of it, except that what would end a cue
 * or a line early (control characters), or be taken for markup in WebVTT, is written so that it is
 * neither.
 */
public final class Subtitles {
  private final List<Cue> cues;
  private final boolean highlightWords;

  private Subtitles(List<Cue> cues, boolean highlightWords) {
    this.cues = cues;
    this.highlightWords = highlightWords;
  }

  /** As {@link Shaper#shape}; {@code shape} may be null. */
  public static Subtitles of(
      List<Segment> segments, String language, long durationMs, @Nullable Shape shape) {
    return shape == null
        ? new Subtitles(segments.stream().map(Cue::of).toList(), false)
        : new Subtitles(
            Shaper.shape(segments, language, durationMs, shape), shape.highlightWords());
  }

  public List<Cue> cues() {
    return cues;
  }

  public String srt() {
    return Srt.write(cues, highlightWords);
  }

  public String vtt() {
    return Vtt.write(cues, highlightWords);
  }

  public String ttml(String language) {
    return Ttml.write(cues, language);
  }

  /** A line a cue, times in milliseconds. */
  public String tsv() {
    StringBuilder out = new StringBuilder("start\tend\ttext\n");
    for (Cue cue : cues) {
      out.append(cue.startMs()).append('\t').append(cue.endMs()).append('\t');
      out.append(cue.flat().replace('\t', ' ')).append('\n');
    }
    return out.toString();
  }
}
