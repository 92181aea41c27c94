package io.sotto.scheduler;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.sotto.protocol.ChunkTranscript.StageTimes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** What a scheduler counts. In Prometheus the names read {@code sotto_chunks_committed_total}. */
final class SchedulerMeters {
  private static final double NANOS_PER_MS = 1e6;

  private final Counter committed;
  private final Counter fenced;
  private final Counter released;
  private final Counter dispatched;
  private final Counter refused;
  private final Counter nodesLost;
  private final Timer queued;
  private final Timer fetched;
  private final Timer decoded;
  private final AtomicInteger workers = new AtomicInteger();
  private final AtomicInteger freeSlots = new AtomicInteger();

  SchedulerMeters(MeterRegistry registry) {
    committed = registry.counter("sotto.chunks.committed");
    fenced = registry.counter("sotto.reports.fenced");
    released = registry.counter("sotto.chunks.released");
    dispatched = registry.counter("sotto.chunks.dispatched");
    refused = registry.counter("sotto.dispatches.refused");
    nodesLost = registry.counter("sotto.nodes.lost");
    queued = registry.timer("sotto.chunk.stage", "stage", "queue");
    fetched = registry.timer("sotto.chunk.stage", "stage", "fetch");
    decoded = registry.timer("sotto.chunk.stage", "stage", "decode");
    registry.gauge("sotto.workers", workers);
    registry.gauge("sotto.slots.free", freeSlots);
  }

  void committed(StageTimes times) {
    committed.increment();
    queued.record(duration(times.queueMs()));
    fetched.record(duration(times.fetchMs()));
    decoded.record(duration(times.melMs() + times.encodeMs() + times.decodeMs()));
  }

  private static Duration duration(double ms) {
    return Duration.ofNanos((long) (ms * NANOS_PER_MS));
  }

  void fenced() {
    fenced.increment();
  }

  void released(int chunks) {
    released.increment(chunks);
  }

  void dispatched() {
    dispatched.increment();
  }

  void refused() {
    refused.increment();
  }

  void nodesLost(int nodes) {
    nodesLost.increment(nodes);
  }

  void capacity(int workersHeard, int slotsFree) {
    workers.set(workersHeard);
    freeSlots.set(slotsFree);
  }
}
