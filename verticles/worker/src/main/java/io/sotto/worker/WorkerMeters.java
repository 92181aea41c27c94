package io.sotto.worker;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What a worker counts. Models are those that are configured, so that their names are few. */
final class WorkerMeters {
  private static final String MODEL = "model";

  private final MeterRegistry registry;
  private final String device;
  private final AtomicInteger slots = new AtomicInteger();
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicInteger reports = new AtomicInteger();
  private final AtomicInteger modelsLoaded = new AtomicInteger();
  private final AtomicLong modelBytes = new AtomicLong();
  private final Map<String, Double> speeds = new ConcurrentHashMap<>();

  /** {@code device} is what the lanes compute on. */
  WorkerMeters(MeterRegistry registry, String device) {
    this.registry = registry;
    this.device = device;
    registry.gauge("sotto.worker.slots", slots);
    registry.gauge("sotto.worker.slots.busy", busy);
    registry.gauge("sotto.worker.reports.waiting", reports);
    registry.gauge("sotto.worker.models.loaded", modelsLoaded);
    registry.gauge("sotto.worker.models.bytes", modelBytes);
  }

  /** A chunk that came back; {@code speed} is the moving average after it. */
  void transcribed(String model, double audioSeconds, double wallSeconds, double speed) {
    ended(model, "ok", wallSeconds);
    registry.counter("sotto.worker.audio.seconds", MODEL, model).increment(audioSeconds);
    if (speeds.put(model, speed) == null) {
      Gauge.builder("sotto.worker.speed", speeds, known -> known.get(model))
          .tag(MODEL, model)
          .tag("device", device)
          .register(registry);
    }
  }

  /** A chunk that ended otherwise, for the reason of {@code code}. */
  void failed(String model, String code, double wallSeconds) {
    ended(model, code, wallSeconds);
  }

  private void ended(String model, String outcome, double wallSeconds) {
    timer("sotto.worker.chunks", model, outcome)
        .record(Duration.ofNanos((long) (wallSeconds * 1e9)));
  }

  void loaded(String model, long ms) {
    timer("sotto.model.loads", model, "ok").record(Duration.ofMillis(ms));
  }

  /** How long it took to fail is not known. */
  void notLoaded(String model) {
    timer("sotto.model.loads", model, "failed").record(Duration.ZERO);
  }

  private Timer timer(String name, String model, String outcome) {
    return registry.timer(name, MODEL, model, "outcome", outcome);
  }

  /** What is in hand now. */
  void occupied(int slotsTotal, int slotsBusy, int reportsWaiting) {
    slots.set(slotsTotal);
    busy.set(slotsBusy);
    reports.set(reportsWaiting);
  }

  void holds(int models, long bytes) {
    modelsLoaded.set(models);
    modelBytes.set(bytes);
  }
}
