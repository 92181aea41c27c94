package io.sotto.storage;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Span;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Traces;
import io.vertx.core.Future;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How long calls to the stores take and how they end, as seen by this process: its own retries are
 * part of a call. {@code outcome} is {@code ok} or the code of the failure, in lower case.
 */
final class StoreMeters {
  private static final String OUTCOME = "outcome";
  private static final String OK = "ok";

  private final MeterRegistry registry;
  private final Traces traces;

  StoreMeters(MeterRegistry registry, Traces traces) {
    this.registry = registry;
    this.traces = traces;
  }

  /** Counts a call to the database that began at {@code begunNanos}. */
  <T> Future<T> database(long begunNanos, Future<T> call) {
    return call.onComplete(
        done -> record(begunNanos, "sotto.database.calls", OUTCOME, outcome(done.cause())));
  }

  /** As {@link #database}, for reading an object by its presigned URL. */
  <T> Future<T> fetch(Supplier<Future<T>> call) {
    long begunNanos = System.nanoTime();
    Span span = traces.call("fetch");
    return call.get()
        .onComplete(
            done -> {
              record(begunNanos, "sotto.audio.fetches", OUTCOME, outcome(done.cause()));
              Traces.end(span, done.cause());
            });
  }

  /** A span of a call to S3 that begins here and now. */
  Span objects(String operation) {
    return traces.call(operation);
  }

  /** {@code operation} is S3's name of it, such as {@code PutObject}. */
  void objects(long begunNanos, String operation, boolean ok) {
    String outcome = ok ? OK : "failed";
    record(begunNanos, "sotto.objects.calls", "operation", operation, OUTCOME, outcome);
  }

  private static String outcome(@Nullable Throwable failure) {
    return failure == null ? OK : SottoException.of(failure).code().code().toLowerCase(Locale.ROOT);
  }

  private void record(long begunNanos, String name, String... tags) {
    Timer timer = registry.timer(name, tags);
    timer.record(System.nanoTime() - begunNanos, java.util.concurrent.TimeUnit.NANOSECONDS);
  }
}
