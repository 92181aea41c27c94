package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Twice is twice, late is late, and only the nodes that are asked for are counted. */
class WorkWatchTest {
  private final WorkWatch watch = new WorkWatch();

  private void says(String what, String chunk, String node, int attempt) {
    watch.accept(
        "a-member INFO  Room chunk %s job=j chunk=%s node=%s attempt=%d fetch_ms=1"
            .formatted(what, chunk, node, attempt));
  }

  @Test
  void whatWasMadeTwiceAndWhatCameLateIsCounted() {
    says("leased", "1", "frozen", 1);
    says("leased", "2", "other", 1);
    says("transcribed", "2", "other", 1);
    says("leased", "1", "other", 2);
    assertEquals(0, watch.recomputed() + watch.late());
    says("transcribed", "1", "other", 2);
    says("transcribed", "1", "frozen", 1);
    assertEquals(2, watch.finished());
    assertEquals(1, watch.recomputed());
    assertEquals(1, watch.late());
  }

  @Test
  void aRateIsOfSomeNodesAndOfATime() {
    long from = System.nanoTime();
    says("transcribed", "1", "one", 1);
    says("transcribed", "2", "one", 1);
    says("transcribed", "3", "two", 1);
    long until = from + 10_000_000_000L;
    assertEquals(0.2, watch.rate("one"::equals, from, until));
    assertEquals(0, watch.rate(node -> true, until, until + 1_000_000_000L));
  }
}
