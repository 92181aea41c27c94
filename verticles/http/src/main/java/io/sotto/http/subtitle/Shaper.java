package io.sotto.http.subtitle;

import io.sotto.protocol.Segment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a transcript into cues of a shape: the cheapest of all ways to cut it, where ending a
 * sentence costs least, then a clause, then a long pause, and cues of about the same size cost less
 * than uneven ones. Cues keep the order and every word, and never overlap. Limits hold wherever a
 * single word does not exceed them. Pure.
 */
public final class Shaper {
  /** A silence that no cue stays over, as in openai/whisper. */
  private static final long LONG_PAUSE_MS = 3_000;

  /** Most units of a cue: what a segment has at most, and a bound for what this costs. */
  private static final int UNITS_MAX = 250;

  private static final double PER_CUE = 10;
  private static final double SENTENCE_INSIDE = 25;
  private static final double AFTER_CLAUSE = 20;
  private static final double AFTER_WORD = 60;
  private static final double PER_PAUSE_SECOND = 25;
  private static final double TOO_SHORT = 40;
  private static final double EMPTY = 10;

  private final Shape shape;
  private final List<Unit> units;

  private Shaper(Shape shape, List<Unit> units) {
    this.shape = shape;
    this.units = units;
  }

  /**
   * The cues of {@code segments}.
   *
   * @param language Whisper's code of what the text is written in
   * @param durationMs of the recording: no cue is made to stay beyond it
   */
  public static List<Cue> shape(
      List<Segment> segments, String language, long durationMs, Shape shape) {
    List<Unit> units = Units.of(segments, language);
    return new Times(shape, durationMs).of(new Shaper(shape, units).cut());
  }

  /** The units cue by cue. */
  private List<List<Unit>> cut() {
    int n = units.size();
    double[] best = new double[n + 1];
    int[] from = new int[n + 1];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    best[0] = 0;
    for (int begin = 0; begin < n; begin++) {
      extend(begin, best, from);
    }
    List<List<Unit>> cues = new ArrayList<>();
    for (int end = n; end > 0; end = from[end]) {
      cues.add(units.subList(from[end], end));
    }
    return cues.reversed();
  }

  /** Tries every cue that begins with a unit: one more as long as it fits. */
  private void extend(int begin, double[] best, int[] from) {
    Lines.Fill fill = new Lines.Fill(shape);
    double inside = 0;
    int furthest = Math.min(units.size(), begin + UNITS_MAX);
    for (int last = begin; last < furthest; last++) {
      fill.take(units.get(last));
      if (last > begin) {
        if (fill.over() || apart(last) || lasts(begin, last) > shape.cueMsMax()) {
          return;
        }
        inside += units.get(last - 1).end() == Unit.End.SENTENCE ? SENTENCE_INSIDE : 0;
      }
      double cost =
          best[begin]
              + PER_CUE
              + inside
              + after(last)
              + (shown(begin, last) < shape.cueMsMin() ? TOO_SHORT : 0)
              + EMPTY * empty(fill, begin, last);
      if (cost <= best[last + 1]) {
        best[last + 1] = cost;
        from[last + 1] = begin;
      }
    }
  }

  /** Whether this unit and the one before it are never in one cue. */
  private boolean apart(int unit) {
    return pauseMs(unit) > LONG_PAUSE_MS || !shape.bounded() && units.get(unit - 1).last();
  }

  /** The silence before a unit. */
  private long pauseMs(int unit) {
    return units.get(unit).startMs() - units.get(unit - 1).endMs();
  }

  private long lasts(int begin, int last) {
    return units.get(last).endMs() - units.get(begin).startMs();
  }

  /** How long a cue can stay: until the next one needs the room. */
  private long shown(int begin, int last) {
    return last + 1 == units.size()
        ? Long.MAX_VALUE
        : units.get(last + 1).startMs() - shape.gapMs() - units.get(begin).startMs();
  }

  /** What it costs to end a cue here. */
  private double after(int last) {
    Unit unit = units.get(last);
    if (last + 1 == units.size() || unit.end() == Unit.End.SENTENCE) {
      return 0;
    }
    double pause = Math.clamp(pauseMs(last + 1) / 1000.0, 0, 1) * PER_PAUSE_SECOND;
    return switch (unit.end()) {
      case SENTENCE -> 0;
      case CLAUSE -> AFTER_CLAUSE - pause / 2;
      case WORD -> (unit.last() ? AFTER_CLAUSE : AFTER_WORD) - pause;
    };
  }

  /** 0 for a cue that is full, 1 for one with next to nothing in it: the square of what is free. */
  private double empty(Lines.Fill fill, int begin, int last) {
    double time = (double) lasts(begin, last) / shape.cueMsMax();
    double free = 1 - Math.clamp(Math.max(fill.share(), time), 0, 1);
    return free * free;
  }
}
