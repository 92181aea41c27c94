package io.sotto.storage;

import org.jspecify.annotations.Nullable;

/**
 * Where a job wants its end announced. {@code host} is that of {@code url}, by which deliveries are
 * bounded; {@code secret} is what the client brought ({@link WebhookSecret#parseAll}), null for the
 * operator's.
 */
public record Webhook(String url, String host, @Nullable String secret, WebhookFormat format) {

  Webhook withSecret(@Nullable String other) {
    return new Webhook(url, host, other, format);
  }

  /** Neither the secret nor the URL, which may hold one, is for logs. */
  @Override
  public String toString() {
    return "Webhook[host=" + host + ", format=" + format.wire() + "]";
  }
}
