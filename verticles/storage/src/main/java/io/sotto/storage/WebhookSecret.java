package io.sotto.storage;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs webhooks as Standard Webhooks asks for: HMAC-SHA-256 over id, time and body. Written {@code
 * whsec_} and base64 of 24 to 64 bytes.
 */
public final class WebhookSecret {
  private static final String PREFIX = "whsec_";
  private static final int BYTES_MIN = 24;
  private static final int BYTES_MAX = 64;
  private static final int BYTES_MADE = 32;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SECRETS_MAX = 2;
  private static final String ALGORITHM = "HmacSHA256";
  private final SecretKeySpec key;

  private WebhookSecret(byte[] key) {
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  /**
   * One secret, or two between commas while one replaces the other; none of an empty text. Throws
   * {@link IllegalArgumentException} with cause and remedy, never with the text.
   */
  public static List<WebhookSecret> parseAll(String text) {
    List<WebhookSecret> secrets = new ArrayList<>();
    for (String one : text.split(",")) {
      if (!one.isBlank()) {
        secrets.add(parse(one.strip()));
      }
    }
    if (secrets.size() > SECRETS_MAX) {
      throw new IllegalArgumentException(
          "there are more than " + SECRETS_MAX + " secrets; keep the new one and the one before");
    }
    return List.copyOf(secrets);
  }

  /** A new one, as it is written. */
  public static String generate() {
    byte[] key = new byte[BYTES_MADE];
    RANDOM.nextBytes(key);
    return PREFIX + Base64.getEncoder().encodeToString(key);
  }

  private static WebhookSecret parse(String text) {
    byte[] key = text.startsWith(PREFIX) ? decode(text.substring(PREFIX.length())) : new byte[0];
    if (key.length < BYTES_MIN || key.length > BYTES_MAX) {
      throw new IllegalArgumentException(
          "a secret is %s and base64 of %d to %d random bytes"
              .formatted(PREFIX, BYTES_MIN, BYTES_MAX));
    }
    return new WebhookSecret(key);
  }

  private static byte[] decode(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException notBase64) {
      return new byte[0];
    }
  }

  /** The signature of a message sent at {@code timestamp}, in seconds of the epoch. */
  public String sign(String id, long timestamp, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
      return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
