package io.sotto.scheduler.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.storage.WebhookStore.Settlement;
import io.sotto.storage.WebhookStore.State;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** Which reply leads to what, and when the next try is. */
class RetriesTest {
  static final List<Duration> WAITS =
      Stream.of("5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h")
          .map(text -> Duration.parse("PT" + text))
          .toList();
  private final Retries retries = new Retries(WAITS, () -> 0);

  private State state(int triesBefore, Reply reply) {
    return retries.after(triesBefore, reply).state();
  }

  private static Reply status(int status) {
    return Reply.status(status, null, 1);
  }

  @Test
  void tenTriesOverThreeDays() {
    Duration all = Duration.ZERO;
    for (int tries = 0; tries < 9; tries++) {
      Settlement next = retries.after(tries, status(500));
      assertEquals(State.PENDING, next.state());
      assertEquals(WAITS.get(tries), next.pause());
      all = all.plus(next.pause());
    }
    assertEquals(State.FAILED, state(9, status(500)));
    assertTrue(all.compareTo(Duration.ofHours(75)) > 0, all::toString);
  }

  @Test
  void waitsAreSpreadByATenth() {
    Retries latest = new Retries(WAITS, () -> 1);
    assertEquals(Duration.ofMillis(5_500), latest.after(0, status(500)).pause());
    assertEquals(Duration.ofHours(2).plusMinutes(12), latest.after(3, status(500)).pause());
  }

  @Test
  void whatTheReceiverSaysDecides() {
    for (int ok : new int[] {200, 201, 204, 299}) {
      assertEquals(State.DELIVERED, state(0, status(ok)));
    }
    assertEquals(State.DISABLED, state(0, status(410)));
    assertEquals("redirect", status(302).answer().error());
    assertEquals("status", status(404).answer().error());
    for (int again : new int[] {101, 301, 302, 400, 404, 429, 500, 503}) {
      assertEquals(State.PENDING, state(0, status(again)));
    }
    assertEquals(State.FAILED, state(0, Reply.fatal("refused", "private")));
  }

  @Test
  void aReceiverMayAskForMoreTimeButNotForAYear() {
    assertEquals(Duration.ofMinutes(1), retries.after(0, Reply.status(429, " 60 ", 1)).pause());
    assertEquals(Duration.ofHours(24), retries.after(0, Reply.status(503, "9999999", 1)).pause());
    assertEquals(Duration.ofHours(2), retries.after(3, Reply.status(503, "60", 1)).pause());
    for (String nonsense : List.of("soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "1e9")) {
      assertEquals(WAITS.getFirst(), retries.after(0, Reply.status(503, nonsense, 1)).pause());
    }
  }

  @Test
  void errorsHaveClasses() {
    assertEquals("dns", Reply.failed(new UnknownHostException("x"), 1).answer().error());
    assertEquals("connect", Reply.failed(new ConnectException("x"), 1).answer().error());
    assertEquals("tls", Reply.failed(new SSLHandshakeException("x"), 1).answer().error());
    assertEquals("timeout", Reply.failed(new TimeoutException("x"), 1).answer().error());
    assertEquals("io", Reply.failed(new IOException("x"), 1).answer().error());
  }
}
