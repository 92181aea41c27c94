package io.sotto.scheduler.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.sotto.storage.WebhookStore.Settlement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** What deliveries are counted as. In Prometheus: {@code sotto_webhooks_delivered_total}. */
final class WebhookMeters {
  private final Counter delivered;
  private final Counter retried;
  private final Counter failed;
  private final Counter disabled;
  private final Timer tries;
  private final AtomicInteger inProgress = new AtomicInteger();

  WebhookMeters(MeterRegistry registry) {
    delivered = registry.counter("sotto.webhooks.delivered");
    retried = registry.counter("sotto.webhooks.retried");
    failed = registry.counter("sotto.webhooks.failed");
    disabled = registry.counter("sotto.webhooks.disabled");
    tries = registry.timer("sotto.webhook.try");
    registry.gauge("sotto.webhooks.in.progress", inProgress);
  }

  void settled(Settlement settlement) {
    tries.record(Duration.ofMillis(settlement.answer().ms()));
    Counter counter =
        switch (settlement.state()) {
          case DELIVERED -> delivered;
          case PENDING -> retried;
          case FAILED -> failed;
          case DISABLED -> disabled;
        };
    counter.increment();
  }

  void inProgress(int now) {
    inProgress.set(now);
  }
}
