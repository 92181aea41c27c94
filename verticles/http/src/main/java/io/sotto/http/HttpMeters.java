package io.sotto.http;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobState;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the API counts. Labels are bounded, whatever clients send: routes are those that are
 * declared, methods those of HTTP.
 */
final class HttpMeters {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  private static final String OTHER = "other";

  private final MeterRegistry registry;
  private final DistributionSummary uploads;

  HttpMeters(MeterRegistry registry) {
    this.registry = registry;
    this.uploads = registry.summary("sotto.upload.bytes");
    ended(0);
  }

  /** {@code route} is the pattern that took the request, null where none did. */
  void answered(String method, @Nullable String route, int status, long nanos) {
    registry
        .timer(
            "sotto.http.requests",
            "method",
            METHODS.contains(method) ? method : OTHER,
            "route",
            route == null ? OTHER : route,
            "status",
            Integer.toString(status))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A job was made; {@code model} is one that is offered. */
  void accepted(String model, long uploadBytes) {
    registry.counter("sotto.jobs.accepted", "model", model).increment();
    uploads.record(uploadBytes);
  }

  void cancelled() {
    ended(1);
  }

  private void ended(int jobs) {
    String code = FailureCode.CANCELLED.code();
    registry
        .counter("sotto.jobs.ended", "outcome", JobState.CANCELLED.wire(), "code", code)
        .increment(jobs);
  }
}
