package io.sotto.it.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * When chunks were done, heard from the nodes' own lines, each written once its result is
 * committed. A span of time is asked for in nanoseconds of {@link System#nanoTime}.
 */
final class Throughput implements Consumer<String> {
  private static final String DONE = "chunk done state=";
  private static final double NANOS_PER_S = 1e9;

  private final List<Long> done = new ArrayList<>();

  /** From {@code from} to {@code to}, which is later. */
  record Span(long from, long to) {
    double seconds() {
      return (to - from) / NANOS_PER_S;
    }

    /** The same without its first {@code seconds}. */
    Span after(double seconds) {
      return new Span(Math.min(to, from + (long) (seconds * NANOS_PER_S)), to);
    }

    /** What of it whole pieces of {@code seconds} cover, one after the other. */
    List<Span> pieces(double seconds) {
      List<Span> pieces = new ArrayList<>();
      long length = (long) (seconds * NANOS_PER_S);
      for (long at = from; at + length <= to; at += length) {
        pieces.add(new Span(at, at + length));
      }
      return pieces;
    }
  }

  @Override
  public void accept(String line) {
    if (line.contains(DONE)) {
      at(System.nanoTime());
    }
  }

  synchronized void at(long nanos) {
    done.add(nanos);
  }

  synchronized int count(Span span) {
    return (int) done.stream().filter(at -> at >= span.from() && at < span.to()).count();
  }

  /** Chunks a second over {@code spans} together; NaN of no time at all. */
  double perSecond(List<Span> spans) {
    double seconds = spans.stream().mapToDouble(Span::seconds).sum();
    return spans.stream().mapToInt(this::count).sum() / seconds;
  }

  /** Seconds from {@code since} to the first chunk that was done after it; NaN when none was. */
  synchronized double firstAfter(long since) {
    return done.stream()
        .filter(at -> at >= since)
        .mapToDouble(at -> (at - since) / NANOS_PER_S)
        .min()
        .orElse(Double.NaN);
  }

  /** {@code rate} in words, as a part of {@code whole}. */
  static String part(double rate, double whole) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * rate / whole);
  }
}
