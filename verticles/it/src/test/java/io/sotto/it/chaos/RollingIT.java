package io.sotto.it.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sotto.it.Haproxy;
import io.sotto.it.Recordings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** F31, once: each node is restarted behind the balancer, and no client notices. */
@Tag("waiting")
class RollingIT {
  private static final int CLIENTS = 6;
  private static final double DRAIN_MS_MAX = 30_000;

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void noRequestFailsWhileEveryNodeIsRestarted() throws Exception {
    assumeTrue(Haproxy.program().isPresent(), Haproxy.MISSING);
    Path folder = Recordings.HOME.resolve("verticles/it/target/chaos/rolling-once");
    Campaign.clear(folder);
    Files.createDirectories(folder);
    RollingRun.Rolled rolled =
        new RollingRun(folder, List.of(Build.THIS), System.out::println)
            .run(1, CLIENTS, Map.of("SOTTO_HTTP_LEAVE_NOTICE", "4s"));
    System.out.println(rolled);
    assertEquals(3, rolled.restarts());
    assertEquals(List.of(), rolled.tally().failed());
    assertEquals(0, rolled.tally().comeAgain());
    assertEquals(List.of(), rolled.verdict().findings());
    assertTrue(rolled.tally().requests() > 100, () -> "it was under load: " + rolled);
    assertTrue(rolled.drainsMs().getLast() <= DRAIN_MS_MAX, () -> "drains: " + rolled);
  }
}
