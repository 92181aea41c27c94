package io.sotto.it.chaos;

import io.sotto.it.chaos.Outcome.Figure;
import io.sotto.it.chaos.Throughput.Span;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Lines that several studies of throughput have in their tables. */
final class Trials {
  private Trials() {}

  static Figure sum(Checker.Verdict verdict) {
    return verdict.figure(verdict.acked() + " jobs acknowledged");
  }

  /** The slowest and the fastest of {@code spans}, as parts of {@code usual}. */
  static String range(Throughput seen, List<Span> spans, double usual) {
    List<Double> rates =
        spans.stream().map(span -> seen.perSecond(List.of(span))).sorted().toList();
    return rates.isEmpty()
        ? "none"
        : Throughput.part(rates.getFirst(), usual)
            + " to "
            + Throughput.part(rates.getLast(), usual);
  }

  /** The first {@code seconds} of {@code spans}, laid over one another, each in percent. */
  static String bySecond(Throughput seen, List<Span> spans, double usual, int seconds) {
    return IntStream.range(0, seconds)
        .mapToObj(at -> spans.stream().map(span -> second(span, at)).toList())
        .map(all -> String.format(Locale.ROOT, "%.0f", 100 * seen.perSecond(all) / usual))
        .collect(Collectors.joining(", ", "", " %"));
  }

  private static Span second(Span span, int at) {
    Span rest = span.after(at);
    return new Span(rest.from(), rest.from() + 1_000_000_000L);
  }
}
