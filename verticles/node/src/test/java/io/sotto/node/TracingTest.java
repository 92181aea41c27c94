package io.sotto.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.sotto.protocol.JobId;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Subject;
import io.sotto.protocol.Traces;
import io.sotto.protocol.Trail;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Spans cost their own place and nothing else, whatever becomes of the collector. */
class TracingTest {
  private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0";
  private static final Trail SAMPLED = new Trail("r-1", PARENT + "1");
  private static final Trail UNSAMPLED = new Trail("r-1", PARENT + "0");
  private static final Subject SUBJECT = Subject.of(JobId.create(0), null, 1, SAMPLED);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Collector collector = new Collector();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder()
          .addSpanProcessor(new SpanQueue(collector, new SpanMeters(meters)))
          .build();
  private final Traces traces =
      new Traces(
          io.opentelemetry.sdk.OpenTelemetrySdk.builder().setTracerProvider(provider).build());

  /** Keeps what it is given and answers as it is told. */
  private static final class Collector implements SpanExporter {
    private final Queue<SpanData> spans = new ConcurrentLinkedQueue<>();
    private CompletableResultCode answer = CompletableResultCode.ofSuccess();

    @Override
    public CompletableResultCode export(Collection<SpanData> batch) {
      spans.addAll(batch);
      return answer;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  @AfterEach
  void close() {
    collector.answer.succeed();
    provider.shutdown().join(10, TimeUnit.SECONDS);
  }

  private double count(String outcome) {
    return meters.counter("sotto.trace.spans", "outcome", outcome).count();
  }

  private void flush() {
    provider.forceFlush().join(10, TimeUnit.SECONDS);
  }

  @Test
  void aSpanIsAChildOfItsTrailAndLeadsOn() {
    var span = traces.begin("prepare", SUBJECT);
    Trail inside = Traces.at(SAMPLED, span);
    Traces.end(traces.begin("record chunks", SUBJECT.with(inside)), null);
    traces.waited("wait for ingest", SUBJECT, 1_500);
    Traces.end(
        span,
        new io.sotto.protocol.SottoException(
            io.sotto.protocol.FailureCode.BAD_AUDIO, "told to nobody"));
    flush();
    SpanData prepare = find("prepare");
    assertEquals(SAMPLED.traceId(), prepare.getTraceId());
    assertEquals("00f067aa0ba902b7", prepare.getParentSpanId());
    assertEquals("r-1", prepare.getAttributes().get(AttributeKey.stringKey("sotto.request_id")));
    assertEquals("bad_audio", prepare.getAttributes().get(AttributeKey.stringKey("error.type")));
    assertFalse(prepare.toString().contains("told to nobody"));
    assertEquals(prepare.getSpanId(), find("record chunks").getParentSpanId());
    SpanData waited = find("wait for ingest");
    assertEquals(1_500, (waited.getEndEpochNanos() - waited.getStartEpochNanos()) / 1_000_000);
    assertEquals(3, count("sent"));
  }

  private SpanData find(String name) {
    return collector.spans.stream().filter(s -> s.getName().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void whatIsNotSampledIsNotTold() {
    Traces.end(traces.begin("prepare", SUBJECT.with(UNSAMPLED)), null);
    flush();
    assertTrue(collector.spans.isEmpty());
    assertEquals(
        UNSAMPLED.traceId(),
        Traces.at(UNSAMPLED, traces.begin("x", SUBJECT.with(UNSAMPLED))).traceId());
  }

  @Test
  void withoutACollectorATrailLeadsOnAllTheSame() {
    assertEquals(SAMPLED, Traces.at(SAMPLED, Traces.NONE.begin("prepare", SUBJECT)));
    assertEquals(
        Trail.NONE, Traces.at(Trail.NONE, Traces.NONE.begin("x", SUBJECT.with(Trail.NONE))));
  }

  @Test
  void whatFindsNoPlaceIsCounted() {
    collector.answer = new CompletableResultCode();
    for (int i = 0; i < SpanQueue.SPANS_MAX + 10; i++) {
      Traces.end(traces.begin("prepare", SUBJECT), null);
    }
    assertEquals(10, count("dropped"));
    assertEquals(0, count("sent"));
  }

  @Test
  void aCollectorThatIsAwayIsCounted() throws Exception {
    int port;
    try (var closed = new java.net.ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    var config = new NodeConfig.Trace("http://127.0.0.1:" + port, 1);
    try (Tracing tracing = Tracing.start(config, NodeId.create(), meters)) {
      Traces.end(tracing.traces().begin("prepare", SUBJECT), null);
    }
    assertEquals(1, count("failed"));
    assertEquals(0, count("sent"));
  }
}
