package io.sotto.http.subtitle;

import java.util.ArrayList;
import java.util.List;

/**
 * From when to when each cue stays: while it is spoken; longer where it would be gone before it is
 * read and silence follows; never into the next. Pure.
 */
final class Times {
  private final Shape shape;
  private final long durationMs;

  Times(Shape shape, long durationMs) {
    this.shape = shape;
    this.durationMs = durationMs;
  }

  List<Cue> of(List<List<Unit>> cut) {
    long[] starts = starts(cut);
    List<Cue> cues = new ArrayList<>();
    for (int i = 0; i < starts.length; i++) {
      List<Unit> units = cut.get(i);
      long spoken = units.getLast().endMs();
      long end = wanted(starts[i], spoken, units);
      if (i + 1 < starts.length) {
        end = Math.min(end, starts[i + 1] - shape.gapMs());
      } else {
        end = Math.min(end, Math.max(durationMs, spoken));
      }
      // a cue that leaves no room for the gap is there for a moment at least
      cues.add(new Cue(starts[i], Math.max(end, starts[i] + 1), Lines.of(units, shape)));
    }
    return cues;
  }

  /** No two at once, though their words may be said to be. */
  private static long[] starts(List<List<Unit>> cut) {
    long[] starts = new long[cut.size()];
    for (int i = 0; i < starts.length; i++) {
      long first = Math.max(0, cut.get(i).getFirst().startMs());
      starts[i] = i == 0 ? first : Math.max(first, starts[i - 1] + 1);
    }
    return starts;
  }

  private long wanted(long start, long spoken, List<Unit> units) {
    int characters = 0;
    for (Unit unit : units) {
      for (var word : unit.words()) {
        characters += word.word().codePointCount(0, word.word().length());
      }
    }
    long needed = Math.max(shape.cueMsMin(), shape.readingMs(characters));
    long end = Math.max(spoken, start + needed);
    return end - start > shape.cueMsMax() ? start + shape.cueMsMax() : end;
  }
}
