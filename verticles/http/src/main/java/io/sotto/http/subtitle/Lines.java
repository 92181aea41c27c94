package io.sotto.http.subtitle;

import io.sotto.protocol.Word;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The units of a cue on as few lines as they need, the lines about equally long and, where that
 * costs little, ended by punctuation. Pure.
 */
final class Lines {
  /** A line that ends in the middle of a clause may be this much worse off in length. */
  private static final double UNEVEN = 0.25;

  private Lines() {}

  /** How far a line, and a cue of such lines, is filled by the units that it was given. */
  static final class Fill {
    private final Shape shape;
    private int lines = 1;
    private int columns;
    private int words;
    private int columnsAll;
    private int wordsAll;

    Fill(Shape shape) {
      this.shape = shape;
    }

    /** Puts the unit onto this line or a new one; what is wider than a line has one of its own. */
    void take(Unit unit) {
      boolean first = words == 0;
      int wide = first ? unit.bareColumns() : unit.columns();
      if (!first && (columns + wide > shape.lineWidth() || words + 1 > shape.wordsPerLine())) {
        lines++;
        columns = unit.bareColumns();
        words = 1;
      } else {
        columns += wide;
        words++;
      }
      columnsAll += wide;
      wordsAll++;
    }

    int lines() {
      return lines;
    }

    boolean over() {
      return lines > shape.lineCount();
    }

    /** 0 to 1: how much of a cue is taken; 0 where there is no end of it. */
    double share() {
      double room = shape.lineCount();
      double share =
          Math.max(columnsAll / room / shape.lineWidth(), wordsAll / room / shape.wordsPerLine());
      return Math.min(1, share);
    }
  }

  static List<List<Word>> of(List<Unit> units, Shape shape) {
    Fill fill = new Fill(shape);
    units.forEach(fill::take);
    List<List<Word>> lines = new ArrayList<>();
    int from = 0;
    for (int to : ends(units, shape, fill.lines())) {
      lines.add(units.subList(from, to).stream().flatMap(unit -> unit.words().stream()).toList());
      from = to;
    }
    return lines;
  }

  /** Where {@code lines} lines end so that they are even: the least sum of squares. */
  private static int[] ends(List<Unit> units, Shape shape, int lines) {
    int n = units.size();
    double even = units.stream().mapToInt(Unit::columns).sum() / (double) lines;
    double[][] best = new double[lines + 1][n + 1];
    int[][] from = new int[lines + 1][n + 1];
    for (double[] row : best) {
      Arrays.fill(row, Double.POSITIVE_INFINITY);
    }
    best[0][0] = 0;
    for (int line = 1; line <= lines; line++) {
      for (int begin = line - 1; begin < n; begin++) {
        Fill fill = new Fill(shape);
        for (int end = begin + 1; end <= n; end++) {
          Unit last = units.get(end - 1);
          fill.take(last);
          if (fill.lines() > 1) {
            break;
          }
          boolean rough = end < n && last.end() == Unit.End.WORD;
          double off = fill.columns - even;
          double cost =
              best[line - 1][begin] + off * off + (rough ? UNEVEN * UNEVEN * even * even : 0);
          if (cost < best[line][end]) {
            best[line][end] = cost;
            from[line][end] = begin;
          }
        }
      }
    }
    int[] ends = new int[lines];
    int end = n;
    for (int line = lines; line > 0; line--) {
      ends[line - 1] = end;
      end = from[line][end];
    }
    return ends;
  }
}
