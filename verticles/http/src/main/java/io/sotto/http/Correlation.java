package io.sotto.http;

import io.opentelemetry.api.trace.Span;
import io.sotto.protocol.LogFields;
import io.sotto.protocol.Traces;
import io.sotto.protocol.Trail;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The ids under which others know a request: taken over where they are harmless in a log and in a
 * header, given back, and logged. A request without an id of its own gets one; the trace's id is
 * that of W3C's {@code traceparent} where {@code X-Trace-ID} is not sent.
 */
record Correlation(Trail trail, @Nullable String correlation, @Nullable String trace)
    implements LogFields {
  private static final String REQUEST_ID = "x-request-id";
  private static final String CORRELATION_ID = "x-correlation-id";
  private static final String TRACE_ID = "x-trace-id";

  /** What is done for the request belongs to the span that its server has begun, if it has. */
  static Correlation of(HttpServerRequest request) {
    Correlation told = of(request.headers());
    Trail trail = Traces.at(told.trail, Span.current());
    return new Correlation(
        trail, told.correlation, told.trace == null ? trail.traceId() : told.trace);
  }

  static Correlation of(MultiMap headers) {
    String id = Trail.harmless(headers.get(REQUEST_ID));
    Trail trail =
        new Trail(id == null ? UUID.randomUUID().toString() : id, headers.get("traceparent"));
    String trace = Trail.harmless(headers.get(TRACE_ID));
    return new Correlation(
        trail,
        Trail.harmless(headers.get(CORRELATION_ID)),
        trace == null ? trail.traceId() : trace);
  }

  void giveBack(HttpServerResponse response) {
    response.putHeader(REQUEST_ID, trail.requestId());
    if (correlation != null) {
      response.putHeader(CORRELATION_ID, correlation);
    }
    if (trace != null) {
      response.putHeader(TRACE_ID, trace);
    }
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(trail.fields());
    fields.put("correlation_id", correlation);
    fields.putIfAbsent("trace_id", trace);
    return fields;
  }

  /** As it stands in a line of the log. */
  @Override
  public String toString() {
    return "request="
        + trail.requestId()
        + (correlation == null ? "" : " correlation=" + correlation)
        + (trace == null ? "" : " trace=" + trace);
  }
}
