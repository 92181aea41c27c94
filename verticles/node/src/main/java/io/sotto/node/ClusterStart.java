package io.sotto.node;

import com.hazelcast.config.Config;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.YamlConfigBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.protocol.NodeId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Starts Vert.x as a member of the Hazelcast cluster that the configuration names. */
final class ClusterStart {
  private static final int BUS_CONNECT_TIMEOUT_MS = 3_000;
  private static final int BUS_PING_MS = 2_000;
  private static final int BUS_PING_REPLY_MS = 3_000;
  private static final int MAC_BYTES = 16;
  private static final long BLOCKED_EVENT_LOOP_WARNING_MS = 500;

  private ClusterStart() {}

  /** {@code alone}: a cluster that nobody can join, for one command. */
  static Future<Vertx> start(
      NodeConfig config, NodeId self, boolean alone, MeterRegistry meters, Tracing tracing) {
    EventBusOptions bus =
        new EventBusOptions()
            .setHost(config.cluster().host())
            .setPort(config.cluster().busPort())
            .setConnectTimeout(BUS_CONNECT_TIMEOUT_MS)
            .setClusterPingInterval(BUS_PING_MS)
            .setClusterPingReplyInterval(BUS_PING_REPLY_MS);
    BusTls tls = config.cluster().tls();
    if (tls != null) {
      tls.check();
      tls.applyTo(bus);
    }
    VertxOptions options =
        new VertxOptions()
            .setEventBusOptions(bus)
            .setPreferNativeTransport(true)
            .setMaxEventLoopExecuteTime(BLOCKED_EVENT_LOOP_WARNING_MS)
            .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS);
    VertxBuilder builder = Vertx.builder().with(options);
    tracing.factory().ifPresent(builder::withTracer);
    return builder
        .withMetrics(new MicrometerMetricsFactory(meters))
        .withClusterManager(new HazelcastClusterManager(hazelcast(config, self, alone)))
        .buildClustered();
  }

  static Config hazelcast(NodeConfig config, NodeId self, boolean alone) {
    NodeConfig.Cluster cluster = config.cluster();
    Config hazelcast = read(cluster.config());
    Departures.name(hazelcast, self);
    hazelcast.setClusterName(alone ? "sotto-" + UUID.randomUUID() : clusterName(config));
    NetworkConfig network = hazelcast.getNetworkConfig();
    network.setPort(cluster.port()).setPortCount(cluster.portCount());
    network.setPublicAddress(cluster.host());
    network.getInterfaces().setEnabled(true).addInterface(cluster.host());
    if (alone) {
      network.setPort(cluster.port() + cluster.portCount()).setPortCount(1000);
      network.getJoin().getTcpIpConfig().setEnabled(false);
      network.getJoin().getKubernetesConfig().setEnabled(false);
    } else {
      network.getJoin().getTcpIpConfig().setMembers(List.copyOf(cluster.members()));
    }
    HazelcastLock.close(hazelcast);
    return hazelcast;
  }

  /**
   * The name as configured, else one that only nodes of the same data folder derive; and behind it
   * what only those can derive who know the cluster's secret, where there is one.
   */
  static String clusterName(NodeConfig config) {
    String name = config.cluster().name();
    String known = name.isEmpty() ? "sotto-" + folderName(config.node().data()) : name;
    String secret = config.cluster().secret().value();
    return secret.isEmpty() ? known : (name.isEmpty() ? "sotto" : name) + "-" + mac(secret, name);
  }

  private static String mac(String secret, String name) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] digest = mac.doFinal(("sotto cluster " + name).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, MAC_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String folderName(Path data) {
    byte[] path = data.toString().getBytes(StandardCharsets.UTF_8);
    return UUID.nameUUIDFromBytes(path).toString().substring(0, 8);
  }

  private static Config read(Path file) {
    try (var in = Files.newInputStream(file)) {
      return new YamlConfigBuilder(in).build();
    } catch (IOException e) {
      throw new ConfigException(List.of("cluster.config: cannot read " + file));
    }
  }
}
