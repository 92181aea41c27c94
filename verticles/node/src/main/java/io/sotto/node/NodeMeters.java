package io.sotto.node;

import com.hazelcast.core.HazelcastInstance;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.sotto.node.cli.Version;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What a node tells of itself: its build, its process, its cluster, and whether the stores answer
 * it, which it asks them every few seconds, so that an outage is told also while nothing is asked
 * of the node.
 */
final class NodeMeters implements AutoCloseable {
  private static final long LOOK_EVERY_MS = 5_000;

  private final Vertx vertx;
  private final MeterRegistry registry;
  private final JvmGcMetrics garbage = new JvmGcMetrics();
  private final Map<String, Integer> up = new ConcurrentHashMap<>();
  private volatile boolean closed;

  NodeMeters(Vertx vertx, MeterRegistry registry) {
    this.vertx = vertx;
    this.registry = registry;
  }

  /** {@code leaving}: whether the node takes nothing more. */
  NodeMeters start(String roles, HazelcastInstance hazelcast, BooleanSupplier leaving) {
    garbage.bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    Gauge.builder("sotto.build.info", () -> 1)
        .tag("version", Version.text())
        .tag("java", Runtime.version().toString())
        .tag("roles", roles)
        .register(registry);
    Gauge.builder("sotto.node.draining", () -> leaving.getAsBoolean() ? 1 : 0).register(registry);
    Gauge.builder("sotto.cluster.members", () -> members(hazelcast)).register(registry);
    return this;
  }

  private static int members(HazelcastInstance hazelcast) {
    return hazelcast.getLifecycleService().isRunning()
        ? hazelcast.getCluster().getMembers().size()
        : 0;
  }

  /** Asks {@code component} now and every while. */
  void watch(String component, Supplier<Future<Void>> check) {
    Gauge.builder("sotto.component.up", up, known -> known.getOrDefault(component, 0))
        .tag("component", component)
        .register(registry);
    look(component, check, registry.timer("sotto.component.check", "component", component));
  }

  private void look(String component, Supplier<Future<Void>> check, Timer timer) {
    long begun = System.nanoTime();
    check
        .get()
        .onComplete(
            done -> {
              up.put(component, done.succeeded() ? 1 : 0);
              timer.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
              if (!closed) {
                vertx.setTimer(LOOK_EVERY_MS, again -> look(component, check, timer));
              }
            });
  }

  @Override
  public void close() {
    closed = true;
    garbage.close();
  }
}
