package io.sotto.it.chaos;

import io.sotto.node.ConfigLoader;
import io.sotto.node.SottoNode;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * {@code sotto serve} with engines that only pretend: everything else is the product's, configured
 * by the environment as the product is. {@code sotto.fake.rows} and {@code sotto.fake.latency-ms}
 * say how many windows it decodes side by side and how long each takes.
 */
final class FakeNode {
  static final String ROWS = "sotto.fake.rows";
  static final String LATENCY_MS = "sotto.fake.latency-ms";

  private FakeNode() {}

  public static void main(String[] arguments) throws Exception {
    Thread.ofPlatform().daemon().name("parent").start(FakeNode::endWithParent);
    try {
      serve();
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  /** Its input is a pipe that nothing is written to: it ends when whoever started it does. */
  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // nothing is said to it
      }
    } catch (IOException gone) {
      // then too
    }
    Runtime.getRuntime().halt(1);
  }

  private static void serve() throws Exception {
    var engines = new FakeEngines(Integer.getInteger(ROWS, 4), Long.getLong(LATENCY_MS, 300));
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
