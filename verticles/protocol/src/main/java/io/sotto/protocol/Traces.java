package io.sotto.protocol;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Spans of what is done for a request, wherever in the cluster: a {@link Trail} leads from one to
 * the next. Where nobody collects them they cost nothing, and a trail leads on all the same.
 */
public final class Traces {
  public static final Traces NONE = new Traces(OpenTelemetry.noop());
  private static final String TRACEPARENT = "traceparent";
  private static final TextMapGetter<Trail> OF_TRAIL = new OfTrail();

  private final Tracer tracer;

  public Traces(OpenTelemetry telemetry) {
    tracer = telemetry.getTracer("io.sotto");
  }

  /** What {@code subject} is about, as a child of where its trail is. {@link #end} it. */
  public Span begin(String name, Subject subject) {
    return builder(name, subject).startSpan();
  }

  /** What has waited for {@code waitedMs} and does no longer. */
  public void waited(String name, Subject subject, long waitedMs) {
    Instant now = Instant.now();
    builder(name, subject).setStartTimestamp(now.minusMillis(waitedMs)).startSpan().end(now);
  }

  private SpanBuilder builder(String name, Subject subject) {
    SpanBuilder span =
        tracer.spanBuilder(name).setParent(parent(subject.trail())).setSpanKind(SpanKind.INTERNAL);
    subject
        .fields()
        .forEach(
            (field, value) -> {
              if (value != null && !field.equals("trace_id")) {
                span.setAttribute("sotto." + field, value.toString());
              }
            });
    return span;
  }

  private static Context parent(Trail trail) {
    return W3CTraceContextPropagator.getInstance().extract(Context.root(), trail, OF_TRAIL);
  }

  /**
   * A call to another server, as a child of what is being done here and now; without any effect
   * where that belongs to no trace.
   */
  public Span call(String name) {
    return Span.current().getSpanContext().isValid()
        ? tracer.spanBuilder(name).setSpanKind(SpanKind.CLIENT).startSpan()
        : Span.getInvalid();
  }

  /** Ends {@code span}; of a failure it tells the code alone. */
  public static void end(Span span, @Nullable Throwable failure) {
    if (failure != null) {
      span.setStatus(StatusCode.ERROR);
      span.setAttribute("error.type", SottoException.of(failure).code().code());
    }
    span.end();
  }

  /** {@code trail} at {@code span}, if that belongs to a trace. */
  public static Trail at(Trail trail, Span span) {
    Map<String, String> headers = new HashMap<>();
    Context with = Context.root().with(span);
    W3CTraceContextPropagator.getInstance().inject(with, headers, Map::put);
    return trail.at(headers.get(TRACEPARENT));
  }

  private static final class OfTrail implements TextMapGetter<Trail> {
    @Override
    public Iterable<String> keys(Trail trail) {
      return List.of(TRACEPARENT);
    }

    @Override
    public @Nullable String get(@Nullable Trail trail, String key) {
      return trail != null && key.equals(TRACEPARENT) ? trail.traceparent() : null;
    }
  }
}
