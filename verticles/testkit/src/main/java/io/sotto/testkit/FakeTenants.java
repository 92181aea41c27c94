package io.sotto.testkit;

import io.sotto.storage.Tenant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Whose turn it is in {@link FakeJobStore}: the rows of tenants and what their clocks decide. */
final class FakeTenants {
  private static final long CHUNK_COST_MIN = 1000;
  private static final long UPLOAD_COST_MIN = 1 << 20;
  private static final long OVERTAKEN_MAX = 64;

  private final Map<Long, Row> rows = new HashMap<>();

  /** A tenant; {@code passed} is how far its own jobs have got. */
  static final class Row {
    final long id;
    Tenant is;
    long passed;
    final Clock transcribing = new Clock();
    final Clock preparing = new Clock();

    Row(long id) {
      this.id = id;
      this.is = new Tenant(id, "", 1, null);
    }

    void took(FakeJobs.Chunk chunk) {
      passed = Math.max(passed + Math.ceilDiv(cost(chunk), OVERTAKEN_MAX), chunk.vtime);
    }
  }

  /** Virtual time that a tenant has had, and when what it was given last began. */
  private static final class Clock {
    double has;
    double started;
  }

  Row row(long id) {
    return rows.computeIfAbsent(id, Row::new);
  }

  static long cost(FakeJobs.Chunk chunk) {
    return Math.max(chunk.span.durationMs(), CHUNK_COST_MIN);
  }

  static long cost(FakeJobs.Job job) {
    return Math.max(job.made.audio().bytes(), UPLOAD_COST_MIN);
  }

  /** The first in {@code offered} by tenants' turns to transcribe, charged for what it takes. */
  <T> @Nullable T nextChunk(Map<Long, T> offered, ToDoubleFunction<T> cost) {
    return next(offered, cost, row -> row.transcribing);
  }

  <T> @Nullable T nextUpload(Map<Long, T> offered, ToDoubleFunction<T> cost) {
    return next(offered, cost, row -> row.preparing);
  }

  private <T> @Nullable T next(
      Map<Long, T> offered, ToDoubleFunction<T> cost, Function<Row, Clock> which) {
    double now =
        rows.values().stream().mapToDouble(row -> which.apply(row).started).max().orElse(0);
    Row first = null;
    double turn = Double.MAX_VALUE;
    for (long id : new TreeMap<>(offered).keySet()) {
      double begins = Math.max(which.apply(row(id)).has, now);
      if (begins < turn) {
        turn = begins;
        first = row(id);
      }
    }
    if (first == null) {
      return null;
    }
    T taken = offered.get(first.id);
    Clock clock = which.apply(first);
    clock.started = Math.max(clock.started, turn);
    clock.has = turn + cost.applyAsDouble(taken) / first.is.weight();
    return taken;
  }
}
