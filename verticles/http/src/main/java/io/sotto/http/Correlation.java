package io.sotto.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The ids under which others know a request: taken over where they are harmless in a log and in a
 * header, given back, and logged. A request without an id of its own gets one; the trace's id is
 * that of W3C's {@code traceparent} where {@code X-Trace-ID} is not sent.
 */
record Correlation(String request, @Nullable String correlation, @Nullable String trace) {
  private static final String REQUEST_ID = "x-request-id";
  private static final String CORRELATION_ID = "x-correlation-id";
  private static final String TRACE_ID = "x-trace-id";
  private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** Version, trace, parent, flags; later versions may add to it. */
  private static final Pattern TRACEPARENT =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

  static Correlation of(HttpServerRequest request) {
    return of(request.headers());
  }

  static Correlation of(MultiMap headers) {
    String id = harmless(headers.get(REQUEST_ID));
    String trace = harmless(headers.get(TRACE_ID));
    return new Correlation(
        id == null ? UUID.randomUUID().toString() : id,
        harmless(headers.get(CORRELATION_ID)),
        trace == null ? traceOf(headers.get("traceparent")) : trace);
  }

  private static @Nullable String harmless(@Nullable String id) {
    return id != null && HARMLESS.matcher(id).matches() ? id : null;
  }

  private static @Nullable String traceOf(@Nullable String traceparent) {
    Matcher parts = TRACEPARENT.matcher(traceparent == null ? "" : traceparent);
    return parts.matches() ? parts.group(1) : null;
  }

  void giveBack(HttpServerResponse response) {
    response.putHeader(REQUEST_ID, request);
    if (correlation != null) {
      response.putHeader(CORRELATION_ID, correlation);
    }
    if (trace != null) {
      response.putHeader(TRACE_ID, trace);
    }
  }

  /** As it stands in a line of the log. */
  @Override
  public String toString() {
    return "request="
        + request
        + (correlation == null ? "" : " correlation=" + correlation)
        + (trace == null ? "" : " trace=" + trace);
  }
}
