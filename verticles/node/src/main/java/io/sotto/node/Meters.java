package io.sotto.node;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Meter.Type;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/** The registry that a node's rooms count into, and how it tells times and sizes. */
final class Meters {
  /** From a small query to an hour's recording that is waited for. */
  private static final double[] SECONDS = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900
  };

  private static final long[] BYTES = {
    64L << 10, 512L << 10, 2L << 20, 8L << 20, 32L << 20, 128L << 20, 512L << 20, 2L << 30
  };

  private Meters() {}

  static PrometheusMeterRegistry create() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.config().meterFilter(new Histograms());
    // pools of connections are named by their hosts, of which clients may name any number
    registry.config().meterFilter(MeterFilter.deny(Meters::hostPool));
    return registry;
  }

  private static boolean hostPool(Meter.Id id) {
    return id.getName().startsWith("vertx.pool.") && "http".equals(id.getTag("pool_type"));
  }

  /** Our own times and sizes are histograms: of what nodes tell, quantiles cannot be added up. */
  private static final class Histograms implements MeterFilter {
    @Override
    public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
      if (!id.getName().startsWith("sotto.")) {
        return config;
      }
      double[] buckets =
          id.getType() == Type.TIMER
              ? DoubleStream.of(SECONDS).map(s -> s * Duration.ofSeconds(1).toNanos()).toArray()
              : LongStream.of(BYTES).asDoubleStream().toArray();
      return DistributionStatisticConfig.builder()
          .serviceLevelObjectives(buckets)
          .build()
          .merge(config);
    }
  }
}
