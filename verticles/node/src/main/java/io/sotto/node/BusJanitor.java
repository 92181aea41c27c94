package io.sotto.node;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.multimap.MultiMap;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.protocol.ClusterBus;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import io.vertx.spi.cluster.hazelcast.impl.HazelcastRegistrationInfo;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the cluster's list of who listens where true. When nodes die together, rows of theirs may
 * stay behind and draw messages into the void: the oldest node removes them. When a node returns
 * from a partition, its own rows may be gone, so that nobody reaches it: it listens anew. On a
 * thread of its own, since Hazelcast blocks while a member is frozen. What the last look found is a
 * gauge, so that others can tell whether the list is true.
 */
final class BusJanitor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BusJanitor.class);
  private static final String SUBSCRIPTIONS = "__vertx.subs";
  private static final String NODE_ID = "__vertx.nodeId";
  private static final long EVERY_MS = 5_000;
  private static final long CLOSE_S = 2;

  /** Members and their rows come and go one after the other: one look in between proves nothing. */
  private static final int LOOKS = 2;

  private final HazelcastInstance hazelcast;
  private final MultiMap<String, HazelcastRegistrationInfo> rows;
  private final ClusterBus bus;
  private final Counter stale;
  private final Counter lost;
  private final Counter looks;
  private final AtomicInteger untrue = new AtomicInteger();
  private final Streak gone = new Streak(LOOKS);
  private final Streak missing = new Streak(LOOKS);
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("bus-janitor").daemon().factory());

  BusJanitor(HazelcastInstance hazelcast, ClusterBus bus, MeterRegistry meters) {
    this.hazelcast = hazelcast;
    this.rows = hazelcast.getMultiMap(SUBSCRIPTIONS);
    this.bus = bus;
    this.stale = meters.counter("sotto.bus.stale.subscriptions");
    this.lost = meters.counter("sotto.bus.lost.subscriptions");
    this.looks = meters.counter("sotto.bus.looks");
    meters.gauge("sotto.bus.untrue.subscriptions", untrue);
    meters.gauge("sotto.cluster.members", hazelcast, BusJanitor::members);
  }

  /** Looks every few seconds, until closed. */
  static BusJanitor start(Vertx vertx, ClusterBus bus, MeterRegistry meters) {
    BusJanitor janitor = new BusJanitor(hazelcast(vertx), bus, meters);
    janitor.thread.scheduleWithFixedDelay(
        janitor::round, EVERY_MS, EVERY_MS, TimeUnit.MILLISECONDS);
    return janitor;
  }

  /** 0 once it has left. */
  private static int members(HazelcastInstance hazelcast) {
    return hazelcast.getLifecycleService().isRunning()
        ? hazelcast.getCluster().getMembers().size()
        : 0;
  }

  /** The member of the cluster that {@code vertx} is. */
  static HazelcastInstance hazelcast(Vertx vertx) {
    return ((HazelcastClusterManager) ((VertxInternal) vertx).clusterManager())
        .getHazelcastInstance();
  }

  private void round() {
    try {
      look();
    } catch (RuntimeException e) {
      LOG.warn("bus subscriptions not looked at: {}", String.valueOf(e));
    }
  }

  /** One look. Blocks while Hazelcast does. */
  void look() {
    List<String> members =
        hazelcast.getCluster().getMembers().stream()
            .map(BusJanitor::id)
            .filter(Objects::nonNull)
            .toList();
    String self = Objects.requireNonNull(id(hazelcast.getCluster().getLocalMember()));
    Set<Map.Entry<String, HazelcastRegistrationInfo>> listed = rows.entrySet();
    Set<String> absent = nodes(listed, id -> !members.contains(id));
    Set<String> unlisted = unlisted(listed, self);
    untrue.set(absent.size() + unlisted.size());
    looks.increment();
    Set<String> strangers = gone.look(absent);
    if (!strangers.isEmpty() && oldest()) {
      remove(listed, strangers);
    }
    Set<String> unheard = missing.look(unlisted);
    if (!unheard.isEmpty()) {
      lost.increment(unheard.size());
      LOG.warn("own bus subscriptions were lost, listening anew: node={} {}", self, unheard);
      unheard.forEach(bus::listenAnew);
    }
  }

  /** Members come oldest first; applications among them clean nothing up. */
  private boolean oldest() {
    return hazelcast.getCluster().getMembers().stream()
        .filter(Departures::isNode)
        .findFirst()
        .filter(Member::localMember)
        .isPresent();
  }

  private static String id(Member member) {
    return member.getAttribute(NODE_ID);
  }

  private static String node(Map.Entry<String, HazelcastRegistrationInfo> row) {
    return row.getValue().unwrap().nodeId();
  }

  private static Set<String> nodes(
      Set<Map.Entry<String, HazelcastRegistrationInfo>> listed, Predicate<String> which) {
    return listed.stream().map(BusJanitor::node).filter(which).collect(Collectors.toSet());
  }

  private Set<String> unlisted(
      Set<Map.Entry<String, HazelcastRegistrationInfo>> listed, String self) {
    Set<String> own =
        listed.stream()
            .filter(row -> node(row).equals(self))
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    return bus.addresses().stream()
        .filter(address -> !own.contains(address))
        .collect(Collectors.toSet());
  }

  private void remove(
      Set<Map.Entry<String, HazelcastRegistrationInfo>> listed, Set<String> strangers) {
    int removed = 0;
    for (Map.Entry<String, HazelcastRegistrationInfo> row : listed) {
      if (strangers.contains(node(row)) && rows.remove(row.getKey(), row.getValue())) {
        removed++;
      }
    }
    stale.increment(removed);
    LOG.warn("bus subscriptions of lost nodes removed: rows={} nodes={}", removed, strangers);
  }

  @Override
  public void close() {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(CLOSE_S, TimeUnit.SECONDS)) {
        LOG.warn("the bus janitor still waits for Hazelcast and is left behind");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
