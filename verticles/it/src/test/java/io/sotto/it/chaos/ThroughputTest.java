package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.it.chaos.Throughput.Span;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThroughputTest {
  private static final long S = 1_000_000_000L;

  /** Ten a second for ten seconds, none for five, five a second from then on. */
  private static Throughput seen() {
    Throughput seen = new Throughput();
    for (int i = 0; i < 100; i++) {
      seen.at(i * S / 10);
    }
    for (int i = 0; i < 25; i++) {
      seen.at(15 * S + i * S / 5);
    }
    return seen;
  }

  @Test
  void chunksAreCountedWhereTheyEnd() {
    Throughput seen = seen();
    assertEquals(10, seen.perSecond(List.of(new Span(0, 10 * S))));
    assertEquals(0, seen.perSecond(List.of(new Span(10 * S, 15 * S))));
    assertEquals(7.5, seen.perSecond(List.of(new Span(5 * S, 10 * S), new Span(15 * S, 20 * S))));
    assertEquals(3, seen.firstAfter(12 * S));
    assertTrue(Double.isNaN(seen.firstAfter(20 * S)));
  }

  @Test
  void aSpanIsCutIntoWholePieces() {
    Span span = new Span(S, 10 * S);
    assertEquals(List.of(new Span(S, 5 * S), new Span(5 * S, 9 * S)), span.pieces(4));
    assertEquals(new Span(6 * S, 10 * S), span.after(5));
    assertEquals(0, span.after(60).seconds());
  }

  @Test
  void onlyACommitCounts() {
    Throughput seen = new Throughput();
    long before = System.nanoTime();
    seen.accept("INFO ReportDesk chunk transcribed job=a chunk=0 node=n attempt=1");
    seen.accept("INFO ReportDesk chunk done state=running job=a chunk=0 node=n attempt=1");
    assertEquals(1, seen.count(new Span(before, System.nanoTime() + 1)));
  }
}
