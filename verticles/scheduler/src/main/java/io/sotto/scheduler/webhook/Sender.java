package io.sotto.scheduler.webhook;

import io.sotto.protocol.net.GuardedUrl;
import io.sotto.protocol.net.NameResolver;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookSecret;
import io.sotto.storage.WebhookStore.Answer;
import io.sotto.storage.WebhookStore.Delivery;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Makes one try: checks the URL, looks its name up once, checks every address, signs, and posts to
 * one of those addresses. Each try takes the next of them.
 */
final class Sender {
  private static final double NANOS_PER_MS = 1e6;
  private final WebhookOptions options;
  private final UrlGuard guard;
  private final NameResolver names;
  private final Post post;
  private final InstantSource clock;

  Sender(WebhookOptions options, NameResolver names, Post post, InstantSource clock) {
    this.options = options;
    this.guard = new UrlGuard(options.policy());
    this.names = names;
    this.post = post;
    this.clock = clock;
  }

  /** Never fails: whatever goes wrong is the reply. */
  Future<Reply> send(Delivery delivery, Buffer body) {
    long begun = System.nanoTime();
    return Future.succeededFuture()
        .compose(go -> tried(delivery, body, begun))
        .map(status -> Reply.status(status.code(), status.retryAfter(), ms(begun)))
        .otherwise(
            failure ->
                failure instanceof Unsigned
                    ? new Reply(unsigned(), false, Duration.ZERO)
                    : Reply.failed(failure, ms(begun)));
  }

  private Future<Post.Status> tried(Delivery delivery, Buffer body, long begun) {
    Map<String, String> headers = headers(delivery, body);
    GuardedUrl url = guard.check(delivery.webhook().url());
    long limit = options.timeout().toMillis();
    return guard
        .addresses(url, names)
        .timeout(limit, TimeUnit.MILLISECONDS)
        .compose(
            found -> {
              InetAddress to = found.get(delivery.tries() % found.size());
              Duration left = Duration.ofMillis(limit - ms(begun));
              return post.post(new Post.Parcel(to, url, headers, body, left));
            });
  }

  private static long ms(long begun) {
    return (long) ((System.nanoTime() - begun) / NANOS_PER_MS);
  }

  private Map<String, String> headers(Delivery delivery, Buffer body) {
    long now = clock.instant().getEpochSecond();
    Map<String, String> headers = new HashMap<>();
    headers.put("content-type", "application/json");
    headers.put("user-agent", "Sotto");
    headers.put("webhook-id", delivery.id());
    headers.put("webhook-timestamp", String.valueOf(now));
    List<WebhookSecret> secrets = secrets(delivery);
    if (!secrets.isEmpty()) {
      String signatures =
          secrets.stream()
              .map(secret -> secret.sign(delivery.id(), now, body.getBytes()))
              .collect(Collectors.joining(" "));
      headers.put("webhook-signature", signatures);
    }
    return headers;
  }

  /** Its own, or the operator's as they are now; a standard webhook never goes out without. */
  private List<WebhookSecret> secrets(Delivery delivery) {
    String own = delivery.webhook().secret();
    List<WebhookSecret> secrets = own == null ? options.secrets() : WebhookSecret.parseAll(own);
    if (secrets.isEmpty() && delivery.webhook().format() == WebhookFormat.STANDARD) {
      throw new Unsigned();
    }
    return secrets;
  }

  private static Answer unsigned() {
    return new Answer(null, "unsigned", "the schedulers have no webhooks.secret; set it there", 0);
  }

  /** The secret that was there when the job came in is not here. */
  private static final class Unsigned extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
