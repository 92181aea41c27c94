package io.sotto.it.chaos;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.multimap.MultiMap;
import io.sotto.node.ConfigLoader;
import io.sotto.node.SottoNode;
import io.sotto.protocol.CrashPoint;
import io.vertx.spi.cluster.hazelcast.impl.HazelcastRegistrationInfo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/**
 * {@code sotto serve} with engines that only pretend: everything else is the product's, configured
 * by the environment as the product is. {@code sotto.fake.rows} and {@code sotto.fake.latency-ms}
 * say how many windows it decodes side by side and how long each takes.
 */
final class FakeNode {
  static final String ROWS = "sotto.fake.rows";
  static final String LATENCY_MS = "sotto.fake.latency-ms";

  /** Asks how many rows of the list of listeners are of nodes that are no members; the answer. */
  static final String STRANGERS = "listeners of nobody: ";

  private static final int ROWS_USUAL = 4;

  private FakeNode() {}

  /** How many chunks a worker has in hand at most: those it decodes, and those fetched ahead. */
  static int slots() {
    return ROWS_USUAL + new ConfigLoader(Map.of()).load(null, Map.of()).worker().prefetch();
  }

  public static void main(String[] arguments) throws Exception {
    Thread.ofPlatform().daemon().name("parent").start(FakeNode::endWithParent);
    try {
      serve();
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  /** Its input is a pipe: it ends when whoever started it does. Each line is an order. */
  private static void endWithParent() {
    try (BufferedReader orders = new BufferedReader(new InputStreamReader(System.in))) {
      for (String order = orders.readLine(); order != null; order = orders.readLine()) {
        if (order.equals(STRANGERS)) {
          System.out.println(STRANGERS + strangers());
        } else {
          CrashPoint.arm(order);
        }
      }
    } catch (IOException gone) {
      // then too
    }
    Runtime.getRuntime().halt(1);
  }

  private static long strangers() {
    HazelcastInstance cluster = Hazelcast.getAllHazelcastInstances().iterator().next();
    Set<String> members =
        cluster.getCluster().getMembers().stream()
            .map(member -> member.getAttribute("__vertx.nodeId"))
            .collect(Collectors.toSet());
    MultiMap<String, HazelcastRegistrationInfo> rows = cluster.getMultiMap("__vertx.subs");
    return rows.values().stream().filter(row -> !members.contains(row.unwrap().nodeId())).count();
  }

  private static void serve() throws Exception {
    var engines =
        new FakeEngines(Integer.getInteger(ROWS, ROWS_USUAL), Long.getLong(LATENCY_MS, 300));
    CountDownLatch stopped = new CountDownLatch(1);
    SottoNode node =
        SottoNode.start(new ConfigLoader(System.getenv()).load(null, Map.of()), engines);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("drain")
                .unstarted(
                    () -> {
                      node.close();
                      stopped.countDown();
                    }));
    System.out.println(node.readyLines());
    stopped.await();
  }
}
