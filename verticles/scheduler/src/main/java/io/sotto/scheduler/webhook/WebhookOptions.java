package io.sotto.scheduler.webhook;

import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.WebhookSecret;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * How webhooks are delivered.
 *
 * @param signing secrets for jobs which brought none, the newest first; asked for each delivery
 * @param policy which URLs are connected to
 * @param apiUrl what links begin with; empty: links are paths
 * @param waits before the second try and each that follows; one try more than there are waits
 * @param timeout of one try, from the look-up of the name to the status
 * @param atOnce tries in progress at the same time
 * @param atOncePerHost of these, to one host
 * @param atOncePerTenant of these, of one tenant's jobs
 * @param pollEvery how long an idle node waits before it asks the store again
 */
public record WebhookOptions(
    Supplier<List<WebhookSecret>> signing,
    UrlGuard.Policy policy,
    String apiUrl,
    List<Duration> waits,
    Duration timeout,
    int atOnce,
    int atOncePerHost,
    int atOncePerTenant,
    Duration pollEvery) {

  public WebhookOptions {
    waits = List.copyOf(waits);
    boolean bounded =
        atOncePerHost >= 1
            && atOncePerTenant >= 1
            && atOnce >= Math.max(atOncePerHost, atOncePerTenant);
    if (!bounded || timeout.toMillis() < 1) {
      throw new IllegalArgumentException(
          "webhook options: 1 <= atOncePerHost, atOncePerTenant <= atOnce and a timeout of 1 ms at"
              + " least, are "
              + List.of(atOncePerHost, atOncePerTenant, atOnce, timeout));
    }
  }

  /** With secrets that stay. */
  public WebhookOptions(
      List<WebhookSecret> secrets,
      UrlGuard.Policy policy,
      String apiUrl,
      List<Duration> waits,
      Duration timeout,
      int atOnce,
      int atOncePerHost,
      int atOncePerTenant,
      Duration pollEvery) {
    this(
        () -> secrets,
        policy,
        apiUrl,
        waits,
        timeout,
        atOnce,
        atOncePerHost,
        atOncePerTenant,
        pollEvery);
  }

  public List<WebhookSecret> secrets() {
    return signing.get();
  }

  /** How long a claim is good: a try, and what may delay its beginning and its record. */
  Duration lease() {
    return timeout.multipliedBy(2).plusSeconds(30);
  }
}
