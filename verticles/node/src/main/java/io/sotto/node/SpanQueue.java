package io.sotto.node;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spans on their way to the collector: a bounded number waits, in batches, on a thread of its own;
 * what finds no place is counted and dropped, so that a collector that is away costs no more than
 * its spans. The query of a request's URL, in which clients may hide anything, is not told.
 */
final class SpanQueue implements SpanProcessor {
  private static final Logger LOG = LoggerFactory.getLogger(SpanQueue.class);
  static final int SPANS_MAX = 4_096;
  private static final int BATCH = 512;
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(6);
  private static final AttributeKey<String> QUERY = AttributeKey.stringKey("url.query");
  private static final AttributeKey<String> URL = AttributeKey.stringKey("http.url");
  private static final String UNTOLD = "(not told)";

  private final SpanMeters meters;
  private final AtomicInteger waiting = new AtomicInteger();
  private final SpanProcessor batches;

  SpanQueue(SpanExporter exporter, SpanMeters meters) {
    this.meters = meters;
    batches =
        BatchSpanProcessor.builder(new Counted(exporter))
            .setMaxQueueSize(SPANS_MAX)
            .setMaxExportBatchSize(BATCH)
            .setScheduleDelay(EVERY)
            .setExporterTimeout(TIMEOUT)
            .build();
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    if (span.getAttribute(QUERY) != null) {
      span.setAttribute(QUERY, UNTOLD);
    }
    String url = span.getAttribute(URL);
    if (url != null && url.contains("?")) {
      span.setAttribute(URL, url.substring(0, url.indexOf('?')));
    }
  }

  @Override
  public boolean isStartRequired() {
    return true;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (!span.getSpanContext().isSampled()) {
      return;
    }
    if (waiting.incrementAndGet() > SPANS_MAX) {
      waiting.decrementAndGet();
      meters.dropped();
      return;
    }
    batches.onEnd(span);
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  @Override
  public CompletableResultCode forceFlush() {
    return batches.forceFlush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return batches.shutdown();
  }

  /** Counts what becomes of each batch. */
  private final class Counted implements SpanExporter {
    private final SpanExporter to;
    private volatile boolean taken = true;

    Counted(SpanExporter to) {
      this.to = to;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      int count = spans.size();
      CompletableResultCode result = to.export(spans);
      return result.whenComplete(
          () -> {
            waiting.addAndGet(-count);
            meters.exported(count, result.isSuccess());
            tell(result.isSuccess());
          });
    }

    /** Once a change, not once a batch. */
    private void tell(boolean now) {
      if (taken && !now) {
        LOG.warn("the collector of spans does not take them: they are lost until it does");
      } else if (!taken && now) {
        LOG.info("the collector of spans takes them again");
      }
      taken = now;
    }

    @Override
    public CompletableResultCode flush() {
      return to.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return to.shutdown();
    }
  }
}
