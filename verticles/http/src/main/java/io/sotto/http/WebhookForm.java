package io.sotto.http;

import io.sotto.protocol.net.UrlGuard;
import io.sotto.protocol.net.UrlRefused;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookSecret;
import org.jspecify.annotations.Nullable;

/**
 * Reads where a request wants the end of its job announced. The URL is checked as far as it can be
 * without asking the DNS, which is asked when the webhook is sent.
 */
final class WebhookForm {
  private static final String URL = "webhook_url";
  private static final String SECRET = "webhook_secret";
  private static final String FORMAT = "webhook_format";

  private WebhookForm() {}

  /**
   * What an operator has set. {@code signed}: jobs without a secret of their own are signed with
   * the operator's; {@code endpointsMax}: how many a tenant may register.
   */
  record Policy(UrlGuard.Policy urls, boolean signed, int endpointsMax) {}

  /** Null when the request names no webhook. */
  static @Nullable Webhook read(Form form, Policy policy) {
    String url = form.field(URL);
    if (url == null) {
      for (String alone : new String[] {SECRET, FORMAT}) {
        if (form.field(alone) != null) {
          throw ApiError.badField(alone, alone + " means nothing without " + URL + "; add it");
        }
      }
      return null;
    }
    WebhookFormat format = format(form.field(FORMAT));
    String secret = secret(form.field(SECRET));
    if (secret == null && !policy.signed && format == WebhookFormat.STANDARD) {
      throw ApiError.badField(
          SECRET,
          "a standard webhook is signed, and this server has no secret of its own; send "
              + SECRET
              + ", whsec_ and base64 of 24 to 64 random bytes");
    }
    return new Webhook(url, host(URL, url, policy), secret, format);
  }

  /** The host of {@code url}, which came as {@code field}. */
  static String host(String field, String url, Policy policy) {
    try {
      return new UrlGuard(policy.urls).check(url).host();
    } catch (UrlRefused refused) {
      throw ApiError.badField(field, refused.reason());
    }
  }

  private static WebhookFormat format(@Nullable String name) {
    return name == null
        ? WebhookFormat.STANDARD
        : WebhookFormat.parse(name)
            .orElseThrow(() -> ApiError.badField(FORMAT, FORMAT + " is standard or callback"));
  }

  private static @Nullable String secret(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      if (WebhookSecret.parseAll(text).isEmpty()) {
        throw new IllegalArgumentException("there is no secret between the commas; send one");
      }
      return text;
    } catch (IllegalArgumentException refused) {
      throw ApiError.badField(SECRET, String.valueOf(refused.getMessage()));
    }
  }
}
