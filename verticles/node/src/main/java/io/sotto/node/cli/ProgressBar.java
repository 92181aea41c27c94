package io.sotto.node.cli;

import java.io.PrintStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * One line on a terminal that says how much audio is done, of how much, and how many times faster
 * than it plays. Writes nothing where there is no terminal.
 */
final class ProgressBar {
  private static final int WIDTH = 24;
  private static final long REDRAW_NANOS = 80_000_000L;

  private final PrintStream out;
  private final boolean terminal;
  private final int files;
  private final LongSupplier nanoTime;
  private final long started;
  private final Map<Integer, double[]> secondsByFile = new HashMap<>();
  private int finished;
  private long drawn;

  ProgressBar(PrintStream out, boolean terminal, int files, LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.files = files;
    this.nanoTime = nanoTime;
    this.started = nanoTime.getAsLong();
    this.drawn = started - REDRAW_NANOS;
  }

  /**
   * {@code done} of {@code total} seconds of file number {@code file} are transcribed; total 0
   * while it is unknown.
   */
  synchronized void update(int file, double done, double total) {
    secondsByFile.put(file, new double[] {done, Math.max(done, total)});
    if (nanoTime.getAsLong() - drawn >= REDRAW_NANOS) {
      draw();
    }
  }

  synchronized void finish(int file, double total) {
    secondsByFile.put(file, new double[] {total, total});
    finished++;
    draw();
  }

  /** Takes the line away, so that a transcript or an error can be written. */
  synchronized void clear() {
    if (terminal) {
      out.print("\r\033[K");
      out.flush();
    }
  }

  private void draw() {
    drawn = nanoTime.getAsLong();
    if (terminal) {
      out.print("\r\033[K" + line());
      out.flush();
    }
  }

  String line() {
    double done = secondsByFile.values().stream().mapToDouble(s -> s[0]).sum();
    double total = secondsByFile.values().stream().mapToDouble(s -> s[1]).sum();
    double share = total == 0 ? 0 : done / total;
    double wall = Math.max(1e-3, (nanoTime.getAsLong() - started) / 1e9);
    return String.format(
        Locale.ROOT,
        "%s  %s / %s  %.1fx%s",
        bar(share),
        clock(done),
        clock(total),
        done / wall,
        files > 1 ? "  file " + Math.min(finished + 1, files) + " of " + files : "");
  }

  /** {@code share} of 1, drawn and in percent. */
  static String bar(double share) {
    int filled = (int) Math.round(share * WIDTH);
    return String.format(
        Locale.ROOT,
        "%s%s %3.0f%%",
        "█".repeat(filled),
        "░".repeat(WIDTH - filled),
        Math.floor(share * 100));
  }

  private static String clock(double seconds) {
    long whole = Math.round(seconds);
    return whole >= 3600
        ? String.format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
        : String.format("%d:%02d", whole / 60, whole % 60);
  }
}
