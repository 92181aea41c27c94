package io.sotto.scheduler;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.protocol.ChunkState;
import io.sotto.protocol.JobState;
import io.sotto.storage.Backlog;
import io.sotto.storage.Backlog.Waiting;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The queue of the whole cluster, read again and again: every scheduler tells the same, so that one
 * that is there is enough. While the store is away the gauges have no value rather than an old one.
 */
final class QueueGauge {
  private static final double MS_PER_SECOND = 1000;
  private static final String STATE = "state";
  private static final Waiting NONE = new Waiting(0, 0);
  private static final Backlog UNKNOWN = new Backlog(Map.of(), Map.of(), 0, 0, 0, 0);

  private final Means means;
  private final MeterRegistry registry;
  private volatile Backlog last = UNKNOWN;

  QueueGauge(Means means, MeterRegistry registry) {
    this.means = means;
    this.registry = registry;
    for (JobState state : List.of(JobState.ACCEPTED, JobState.PREPARING, JobState.RUNNING)) {
      gauge("sotto.jobs.open", state.wire(), now -> now.jobs().getOrDefault(state, 0L));
    }
    for (ChunkState state : List.of(ChunkState.READY, ChunkState.LEASED)) {
      gauge("sotto.queue.chunks", state.wire(), now -> of(now, state).chunks());
      gauge(
          "sotto.queue.audio.seconds",
          state.wire(),
          now -> of(now, state).audioMs() / MS_PER_SECOND);
    }
    gauge("sotto.queue.oldest.ready.seconds", Backlog::oldestReadySeconds);
    gauge("sotto.jobs.oldest.seconds", Backlog::oldestJobSeconds);
    gauge("sotto.webhooks.pending", Backlog::webhooksPending);
    gauge("sotto.webhooks.oldest.due.seconds", Backlog::oldestWebhookSeconds);
  }

  private static Waiting of(Backlog now, ChunkState state) {
    return now.chunks().getOrDefault(state, NONE);
  }

  private void gauge(String name, ToDoubleFunction<Backlog> value) {
    Gauge.builder(name, this, gauge -> gauge.value(value)).register(registry);
  }

  private void gauge(String name, String state, ToDoubleFunction<Backlog> value) {
    Gauge.builder(name, this, gauge -> gauge.value(value)).tag(STATE, state).register(registry);
  }

  private double value(ToDoubleFunction<Backlog> value) {
    Backlog now = last;
    return now == UNKNOWN ? Double.NaN : value.applyAsDouble(now);
  }

  /** One look. Awaits the store. */
  void look() {
    Backlog known = UNKNOWN;
    try {
      known = means.jobs().backlog().await();
    } finally {
      last = known;
    }
  }
}
