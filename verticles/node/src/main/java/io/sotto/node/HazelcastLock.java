package io.sotto.node;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.ClassFilter;
import com.hazelcast.config.Config;
import com.hazelcast.config.EndpointConfig;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;

/**
 * Closes every door of Hazelcast but the one between members, whatever the file of settings says:
 * no clients, no REST, no discovery by multicast or guess, no code by Java's serialization, no
 * calls home. Hazelcast's community edition has no TLS and asks members for the cluster's name
 * alone.
 */
final class HazelcastLock {
  private HazelcastLock() {}

  static void close(Config hazelcast) {
    members(hazelcast.getNetworkConfig(), hazelcast.getAdvancedNetworkConfig());
    hazelcast.getJetConfig().setEnabled(false);
    hazelcast.getUserCodeDeploymentConfig().setEnabled(false);
    hazelcast.setProperty("hazelcast.phone.home.enabled", "false");
    hazelcast.setProperty("hazelcast.socket.bind.any", "false");
    hazelcast.getSerializationConfig().setJavaSerializationFilterConfig(onlyOwnClasses());
  }

  /** Of an advanced network a member opens the ports of its endpoints alone: there is one. */
  private static void members(NetworkConfig network, AdvancedNetworkConfig advanced) {
    network.getJoin().getMulticastConfig().setEnabled(false);
    network.getJoin().getAutoDetectionConfig().setEnabled(false);
    ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig();
    endpoint.setPort(network.getPort());
    endpoint.setPortCount(network.getPortCount());
    endpoint.setPortAutoIncrement(network.isPortAutoIncrement());
    endpoint.setReuseAddress(network.isReuseAddress());
    endpoint.setPublicAddress(network.getPublicAddress());
    EndpointConfig general = endpoint;
    general.setInterfaces(network.getInterfaces());
    advanced.setEnabled(true);
    advanced.setJoin(network.getJoin());
    advanced.setMemberEndpointConfig(endpoint);
    advanced.setMemberAddressProviderConfig(network.getMemberAddressProviderConfig());
    advanced.setIcmpFailureDetectorConfig(network.getIcmpFailureDetectorConfig());
  }

  /** What goes through Hazelcast is texts, numbers, and Vert.x's own rows. */
  private static JavaSerializationFilterConfig onlyOwnClasses() {
    ClassFilter allowed = new ClassFilter().addPrefixes("io.vertx.", "com.hazelcast.");
    allowed.addClasses("java.lang.String", "java.lang.Long", "java.lang.Integer");
    return new JavaSerializationFilterConfig().setWhitelist(allowed);
  }
}
