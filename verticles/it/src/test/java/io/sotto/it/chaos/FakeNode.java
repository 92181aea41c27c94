package io.sotto.it.chaos;

import io.sotto.node.ConfigLoader;
import io.sotto.node.SottoNode;
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
