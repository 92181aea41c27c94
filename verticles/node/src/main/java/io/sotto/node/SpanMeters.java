package io.sotto.node;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** How many spans were sent, and how many were lost: where nobody took them, or too many waited. */
final class SpanMeters {
  private final Counter sent;
  private final Counter failed;
  private final Counter dropped;

  SpanMeters(MeterRegistry registry) {
    sent = counter(registry, "sent");
    failed = counter(registry, "failed");
    dropped = counter(registry, "dropped");
  }

  private static Counter counter(MeterRegistry registry, String outcome) {
    return registry.counter("sotto.trace.spans", "outcome", outcome);
  }

  void exported(int spans, boolean taken) {
    (taken ? sent : failed).increment(spans);
  }

  void dropped() {
    dropped.increment();
  }
}
