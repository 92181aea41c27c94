package io.sotto.node;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.sotto.node.cli.Version;
import io.sotto.protocol.NodeId;
import io.sotto.protocol.Traces;
import io.vertx.core.spi.VertxTracerFactory;
import io.vertx.tracing.opentelemetry.OpenTelemetryTracingFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells a collector of spans what this node does for requests, by OTLP over HTTP; or does nothing
 * where the configuration names none. Belongs to one node: nothing of it is global.
 */
final class Tracing implements AutoCloseable {
  static final Tracing OFF = new Tracing(null);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final long CLOSE_S = 3;

  /** It would tell its failures, past our log, to the standard error; we count and tell them. */
  private static final Logger SILENT = Logger.getLogger("io.opentelemetry");

  private final @Nullable OpenTelemetrySdk sdk;
  private final Traces traces;

  private Tracing(@Nullable OpenTelemetrySdk sdk) {
    this.sdk = sdk;
    this.traces = new Traces(sdk == null ? OpenTelemetry.noop() : sdk);
  }

  static Tracing start(NodeConfig.Trace config, NodeId self, MeterRegistry meters) {
    SpanMeters counts = new SpanMeters(meters);
    return config.endpoint().isEmpty() ? OFF : new Tracing(sdk(config, self, counts));
  }

  private static OpenTelemetrySdk sdk(NodeConfig.Trace config, NodeId self, SpanMeters counts) {
    SILENT.setLevel(Level.OFF);
    String base = config.endpoint().replaceFirst("/+$", "");
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(base + "/v1/traces")
            .setTimeout(TIMEOUT)
            .setConnectTimeout(TIMEOUT)
            .setRetryPolicy(null)
            .build();
    Attributes node =
        Attributes.of(
            AttributeKey.stringKey("service.name"), "sotto",
            AttributeKey.stringKey("service.version"), Version.text(),
            AttributeKey.stringKey("service.instance.id"), self.toString());
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(Resource.create(node))
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(config.sampleRatio())))
            .addSpanProcessor(new SpanQueue(exporter, counts))
            .build();
    return OpenTelemetrySdk.builder()
        .setTracerProvider(provider)
        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
        .build();
  }

  Traces traces() {
    return traces;
  }

  /** For Vert.x to trace its own servers and clients with. */
  Optional<VertxTracerFactory> factory() {
    return sdk == null ? Optional.empty() : Optional.of(new OpenTelemetryTracingFactory(sdk));
  }

  /** Sends what is left, as far as somebody takes it. */
  @Override
  public void close() {
    if (sdk != null) {
      sdk.getSdkTracerProvider().shutdown().join(CLOSE_S, TimeUnit.SECONDS);
    }
  }
}
