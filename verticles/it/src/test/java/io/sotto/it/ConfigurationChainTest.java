package io.sotto.it;

import static io.sotto.it.Limit.assertRising;
import static io.sotto.it.Limit.sum;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sotto.node.ConfigLoader;
import io.sotto.node.NodeConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All configuration files together: whoever waits for somebody waits longer than that one takes,
 * and whoever lets something through lets through what the next one takes.
 */
class ConfigurationChainTest {
  private static final String NODE = "conf/sotto.yaml";

  /** HttpOptions: form fields around a file, and a connection on which nothing moves. */
  private static final Limit FORM = new Limit(NODE, "form around the file", 64 << 10);

  private static final Limit IDLE = new Limit(NODE, "idle", 60_000);
  private final NodeConfig config =
      new ConfigLoader(Map.of()).load(Recordings.HOME.resolve(NODE), Map.of());
  private final NodeConfig.Http http = config.http();
  private final HaproxyFile balancer = HaproxyFile.read(Haproxy.CONFIG);

  ConfigurationChainTest() throws IOException {}

  private static Limit time(String key, Duration value) {
    return new Limit(NODE, key, value.toMillis());
  }

  private Limit requestTimeout() {
    return time("http.request-timeout", http.requestTimeout());
  }

  private Limit leaveNotice() {
    return time("http.leave-notice", http.leaveNotice());
  }

  @Test
  void theBalancersFileIsValid(@TempDir Path folder) throws Exception {
    assumeTrue(Haproxy.program().isPresent(), Haproxy.MISSING);
    String said = Haproxy.check(folder);
    assertTrue(said.contains("valid") && !said.contains("WARNING"), said);
  }

  @Test
  void aNodeAnswersBeforeTheBalancerGivesItUpAndKeepsConnectionsThatTheBalancerMayUse() {
    Limit longest = sum(requestTimeout(), time("http.fetch-timeout", http.fetchTimeout()));
    assertRising(
        "a silent call must end in our words, not in the balancer's",
        time("http.sync-timeout", http.syncTimeout()),
        requestTimeout(),
        longest,
        balancer.time("timeout server"),
        sum(longest, IDLE));
    assertRising(
        "a reload must let the longest answer end",
        balancer.time("timeout server"),
        balancer.time("hard-stop-after"));
  }

  @Test
  void silenceOfAStreamIsShorterThanAnybodysPatience() {
    Limit silence = time("http.keep-alive", http.keepAlive());
    assertRising("streams are kept alive", silence, balancer.time("timeout client"));
    assertRising("streams are kept alive", silence, balancer.time("timeout server"));
  }

  @Test
  void theBalancerLetsThroughWhatANodeTakes() {
    Limit upload = new Limit(NODE, "http.upload-bytes-max", http.uploadBytesMax());
    assertEquals(sum(upload, FORM).value(), balancer.bytesMax().value());
  }

  @Test
  void theBalancerKnowsThatANodeLeavesBeforeItCloses() {
    Limit misses = balancer.serverCount("fall");
    Limit noticed =
        sum(
            balancer.serverTime("inter"),
            balancer.serverTime("fastinter").times(misses.value() - 1),
            balancer.time("timeout check")); // a node that leaves answers at once; once it may not
    assertRising("no request may meet a closed port", noticed, leaveNotice());
    assertRising(
        "the notice is part of the drain, and half of it at most",
        leaveNotice(),
        time("node.drain-timeout / 2", config.node().drainTimeout().dividedBy(2)));
  }

  @Test
  void whatIsNotBelowIsTold() {
    Limit longer = time("a", Duration.ofSeconds(2));
    Limit shorter = time("b", Duration.ofSeconds(1));
    AssertionError told =
        assertThrows(AssertionError.class, () -> assertRising("why", longer, shorter));
    assertEquals(
        "a = 2000 (conf/sotto.yaml) is not below b = 1000 (conf/sotto.yaml): why",
        told.getMessage());
  }
}
