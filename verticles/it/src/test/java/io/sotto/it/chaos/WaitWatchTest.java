package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WaitWatchTest {
  private static final long MS = 1_000_000;

  @Test
  void aWaitEndsWhereTheEngineBegins() {
    WaitWatch watch = new WaitWatch();
    watch.accept(
        "chunks recorded state=preparing job=a chunk=- node=n attempt=1 chunks=0 prepared_ms=0", 0);
    watch.accept(
        "chunks recorded state=preparing job=a chunk=- node=n attempt=1 chunks=1 prepared_ms=9",
        100 * MS);
    watch.accept(
        "chunks recorded state=running job=a chunk=- node=n attempt=1 chunks=2 prepared_ms=9",
        150 * MS);
    watch.accept(
        "chunk transcribed job=a chunk=0 node=n attempt=1 fetch_ms=2.0 decode_ms=400.5", 700 * MS);
    assertEquals(List.of(199.5), watch.ms(Set.of("a", "b")));
  }
}
