package io.sotto.protocol;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Under which ids others know the request that work comes from: goes with it from HTTP through the
 * job's row and the bus into every line of the log. {@code requestId} is the client's or ours,
 * {@code traceparent} is W3C's, of the span that the work belongs to. What would not be harmless in
 * a log or a header becomes null.
 */
public record Trail(@Nullable String requestId, @Nullable String traceparent) implements LogFields {
  private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** Version, trace, parent, flags; later versions may add to it. */
  private static final Pattern TRACEPARENT =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
              + "(-[!-~]{0,64})?");

  /** Of work that no request is known of, as that of nodes of before. */
  public static final Trail NONE = new Trail(null, null);

  public Trail {
    requestId = harmless(requestId);
    traceparent = traceId(traceparent) == null ? null : traceparent;
  }

  /** {@code id} if it is one: 1 to 64 letters, digits, dots, underscores and dashes. */
  public static @Nullable String harmless(@Nullable String id) {
    return id != null && HARMLESS.matcher(id).matches() ? id : null;
  }

  /** The 32 hex digits that all spans of the trace share, or null. */
  public @Nullable String traceId() {
    return traceId(traceparent);
  }

  private static @Nullable String traceId(@Nullable String traceparent) {
    Matcher parts = TRACEPARENT.matcher(traceparent == null ? "" : traceparent);
    return parts.matches() ? parts.group(1) : null;
  }

  /** The same request, at another span. */
  public Trail at(@Nullable String span) {
    return span == null ? this : new Trail(requestId, span);
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("request_id", requestId);
    fields.put("trace_id", traceId());
    return fields;
  }

  /** As it ends a line of the log: nothing, or with a space before it. */
  @Override
  public String toString() {
    String trace = traceId();
    return (requestId == null ? "" : " request=" + requestId)
        + (trace == null ? "" : " trace=" + trace);
  }
}
