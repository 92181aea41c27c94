package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The watch understands the log as it is written today, and counts only what was in hand. */
class LeaseWatchTest {
  private final LeaseWatch watch = new LeaseWatch();

  private void says(String line, String chunk, String node, int attempt) {
    watch.accept(
        "2026-11-25T03:00:00.000Z INFO  Room %s job=j chunk=%s node=%s attempt=%d"
            .formatted(line, chunk, node, attempt));
  }

  @Test
  void whatTheGoneNodeHadInHandIsMeasuredUntilItRunsElsewhere() {
    says("chunk leased", "1", "gone", 1);
    says("chunk leased", "2", "gone", 1);
    says("chunk leased", "3", "gone", 1);
    says("chunk leased", "4", "other", 1);
    says("chunk transcribed", "3", "gone", 1);
    LeaseWatch.Outage outage = watch.gone("gone");
    says("chunk leased", "1", "gone", 2);
    says("chunk done state=running", "2", "gone", 1);
    says("chunk leased", "2", "other", 2);
    assertEquals(List.of(), watch.elsewhereMs(List.of(outage)), "not elsewhere, or done already");
    says("chunk leased", "1", "other", 3);
    says("chunk leased", "4", "third", 2);
    assertEquals(1, watch.elsewhereMs(List.of(outage)).size());
  }

  @Test
  void whatIsSentToAGoneNodeWaitsTooUntilItIsBack() {
    says("chunk leased", "1", "gone", 1);
    assertEquals(1, watch.holds("gone"));
    LeaseWatch.Outage outage = watch.gone("gone");
    says("chunk leased", "2", "gone", 1);
    says("chunk leased", "1", "other", 2);
    says("chunk leased", "2", "other", 2);
    assertEquals(2, watch.elsewhereMs(List.of(outage)).size());
    assertEquals(1, watch.begunAgainMost(List.of(outage)), "the second was never in hand");
    assertEquals(0, watch.redone(outage));
    says("chunk done state=running", "1", "other", 2);
    assertEquals(1, watch.redone(outage));
    watch.back(outage);
    says("chunk leased", "3", "gone", 1);
    says("chunk leased", "3", "other", 2);
    assertEquals(2, watch.elsewhereMs(List.of(outage)).size());
  }

  @Test
  void aLossIsNoticedOnce() {
    LeaseWatch.Outage outage = watch.gone("one");
    assertEquals(List.of(), watch.noticedMs(List.of(outage)));
    watch.accept("WARN  LossWatch nodes lost, work given back: node=[two] released=0");
    assertEquals(List.of(), watch.noticedMs(List.of(outage)));
    watch.accept("WARN  LossWatch nodes lost, work given back: node=[one, two] released=1");
    List<Double> first = watch.noticedMs(List.of(outage));
    watch.accept("WARN  LossWatch nodes lost, work given back: node=[one] released=0");
    assertEquals(first, watch.noticedMs(List.of(outage)));
  }

  @Test
  void resultsAndRefusalsAreCounted() {
    says("chunk done state=running", "1", "n", 1);
    says("chunk done state=completed", "2", "n", 1);
    says("report fenced", "2", "n", 1);
    assertEquals(2, watch.done());
    assertEquals(1, watch.fenced());
  }

  @Test
  void percentilesAreOfTheNearestRank() {
    List<Double> ten = List.of(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0);
    assertEquals(5, Percentile.of(ten, 50));
    assertEquals(10, Percentile.of(ten, 99));
    assertTrue(Double.isNaN(Percentile.of(List.of(), 50)));
    assertEquals("p50 0.0 s, p99 0.0 s", Percentile.words(ten));
  }
}
