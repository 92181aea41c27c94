package io.sotto.node;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.config.Config;
import io.sotto.protocol.NodeId;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Which node the cluster has given up. A process that dies closes its connections, and its peers
 * know within a second that nobody listens there any more: sooner than its silence tells.
 */
final class Departures {
  private static final String NODE = "sotto.node";

  private Departures() {}

  /** Has the member of {@code hazelcast} say which node it is. */
  static void name(Config hazelcast, NodeId node) {
    hazelcast.getMemberAttributeConfig().setAttribute(NODE, node.toString());
  }

  /** Whether {@code member} is a node of ours, and not an application that uses the bus. */
  static boolean isNode(Member member) {
    return member.getAttribute(NODE) != null;
  }

  /** {@code departed} is told of every node that leaves the cluster or is taken for dead by it. */
  static void tell(Vertx vertx, Consumer<NodeId> departed) {
    HazelcastClusterManager cluster =
        (HazelcastClusterManager) ((VertxInternal) vertx).clusterManager();
    cluster
        .getHazelcastInstance()
        .getCluster()
        .addMembershipListener(
            new MembershipListener() {
              @Override
              public void memberAdded(MembershipEvent event) {
                // it makes itself heard
              }

              @Override
              public void memberRemoved(MembershipEvent event) {
                String node = event.getMember().getAttribute(NODE);
                if (node != null) {
                  departed.accept(new NodeId(UUID.fromString(node)));
                }
              }
            });
  }
}
