package io.sotto.it.chaos;

import java.util.ArrayList;
import java.util.List;

/** What a campaign has shown. */
record Outcome(Plan plan, int faults, Checker.Verdict verdict, Times times, List<Figure> figures) {
  /**
   * In milliseconds. {@code settled} is how long the last open jobs took after the last fault was
   * over, {@code longestWait} the longest that a job which was open when a fault began had still to
   * wait for its end.
   */
  record Times(double killedP99, double frozenP99, double settled, double longestWait) {}

  /** A line of the table: what was measured, what was seen, and what is aimed at. */
  record Figure(String what, String seen, String target) {
    String line() {
      return "| " + what + " | " + seen + " | " + target + " |";
    }
  }

  /** The one line that says it all. */
  String lastLine() {
    return "faults %d lost %d duplicated %d stale %d fsck %d"
        .formatted(faults, verdict.lost(), verdict.duplicated(), verdict.stale(), verdict.fsck());
  }

  List<String> table() {
    return table(figures);
  }

  static List<String> table(List<Figure> figures) {
    List<String> lines = new ArrayList<>();
    lines.add("| figure | seen | target |");
    lines.add("|---|---|---|");
    figures.forEach(figure -> lines.add(figure.line()));
    return lines;
  }
}
