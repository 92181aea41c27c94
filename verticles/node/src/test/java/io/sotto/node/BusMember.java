package io.sotto.node;

import static io.sotto.testkit.Await.await;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.NodeId;
import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.spi.cluster.RegistrationInfo;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A member of a cluster inside the test's process, on loopback. */
final class BusMember implements AutoCloseable {
  /** A name of this process alone: another build on this machine is another cluster. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "cluster.name",
          "bus-test-" + ProcessHandle.current().pid(),
          "cluster.port",
          "18701",
          "cluster.port-count",
          "100");

  /** The first one loads all of Hazelcast, on a machine that others may be using. */
  private static final long START_S = 60;

  final Vertx vertx;
  final ClusterBus bus;
  private final Deafening cluster;

  /** Does not answer who listens where while {@code deaf}, as when a member is frozen. */
  private static final class Deafening extends HazelcastClusterManager {
    private volatile boolean deaf;

    Deafening(Config config) {
      super(config);
    }

    @Override
    public void getRegistrations(String address, Completable<List<RegistrationInfo>> found) {
      if (!deaf) {
        super.getRegistrations(address, found);
      }
    }
  }

  private BusMember(Vertx vertx, Deafening cluster) {
    this.vertx = vertx;
    this.cluster = cluster;
    this.bus = ClusterBus.open(vertx);
  }

  static BusMember join() {
    return join(hazelcastConfig());
  }

  /** As an application that is no node. */
  static BusMember joinAsApplication() {
    Config config = hazelcastConfig();
    config.getMemberAttributeConfig().setAttributes(Map.of());
    return join(config);
  }

  private static Config hazelcastConfig() {
    NodeConfig config = new ConfigLoader(Map.of()).load(null, SETTINGS);
    return ClusterStart.hazelcast(config, NodeId.create(), false);
  }

  private static BusMember join(Config hazelcast) {
    Deafening cluster = new Deafening(hazelcast);
    VertxOptions options =
        new VertxOptions().setEventBusOptions(new EventBusOptions().setHost("127.0.0.1"));
    Future<Vertx> joined =
        Vertx.builder().with(options).withClusterManager(cluster).buildClustered();
    return new BusMember(started(joined), cluster);
  }

  private static Vertx started(Future<Vertx> joined) {
    try {
      return joined.toCompletionStage().toCompletableFuture().get(START_S, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("no member within " + START_S + " s", e);
    }
  }

  HazelcastInstance hazelcast() {
    return cluster.getHazelcastInstance();
  }

  String id() {
    return cluster.getNodeId();
  }

  void deafen() {
    cluster.deaf = true;
  }

  @Override
  public void close() {
    await(vertx.close());
  }
}
