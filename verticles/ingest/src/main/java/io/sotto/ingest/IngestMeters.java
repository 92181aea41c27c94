package io.sotto.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What an ingest node counts. */
final class IngestMeters {
  private final MeterRegistry registry;
  private final Counter audio;
  private final Counter chunks;
  private final AtomicInteger busy = new AtomicInteger();

  IngestMeters(MeterRegistry registry, int slots) {
    this.registry = registry;
    this.audio = registry.counter("sotto.ingest.audio.seconds");
    this.chunks = registry.counter("sotto.ingest.chunks");
    registry.gauge("sotto.ingest.slots", slots);
    registry.gauge("sotto.ingest.slots.busy", busy);
  }

  void busy(int recordings) {
    busy.set(recordings);
  }

  void prepared(long begunNanos, long audioMs, int chunksStored) {
    ended(begunNanos, "ok");
    audio.increment(audioMs / 1000.0);
    chunks.increment(chunksStored);
  }

  /** {@code outcome} is the code of the failure, or {@code stopped}. */
  void ended(long begunNanos, String outcome) {
    registry
        .timer("sotto.preparations", "outcome", outcome)
        .record(System.nanoTime() - begunNanos, TimeUnit.NANOSECONDS);
  }
}
