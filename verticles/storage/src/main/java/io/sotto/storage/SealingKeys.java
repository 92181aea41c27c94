package io.sotto.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts what is stored of clients' secrets: AES-256-GCM, as {@code sealed:KEY:base64}. The first
 * key seals and all of them open, so that one can replace another; the key's name stands in the
 * text. What was stored before there were keys is read as it is. A sealed text opens only for whom
 * it was sealed: copied into another row it is worth nothing.
 */
public final class SealingKeys {
  private static final String PREFIX = "sealed:";
  private static final String CIPHER = "AES/GCM/NoPadding";
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int KEYS_MAX = 16;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,32}");
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Seals nothing. */
  public static final SealingKeys NONE = new SealingKeys(Map.of());

  private final Map<String, SecretKey> keys;

  private SealingKeys(Map<String, SecretKey> keys) {
    this.keys = keys;
  }

  /**
   * Keys as {@code name:base64}, 32 bytes each, between commas or on lines of their own; none of an
   * empty text. Throws {@link IllegalArgumentException} with cause and remedy, never with a key.
   */
  public static SealingKeys parse(String text) {
    Map<String, SecretKey> keys = new LinkedHashMap<>();
    for (String item : text.split("[,\\s]+")) {
      if (!item.isEmpty()) {
        String[] sides = item.split(":", 2);
        byte[] key = sides.length == 2 ? decode(sides[1]) : new byte[0];
        if (!NAME.matcher(sides[0]).matches() || key.length != KEY_BYTES) {
          throw new IllegalArgumentException(
              "a key is NAME:BASE64, of 1 to 32 letters, digits, dots, - and _, and base64 of 32"
                  + " random bytes");
        }
        if (keys.put(sides[0], new SecretKeySpec(key, "AES")) != null) {
          throw new IllegalArgumentException("two keys have the same name; give each its own");
        }
      }
    }
    if (keys.size() > KEYS_MAX) {
      throw new IllegalArgumentException("there are more than " + KEYS_MAX + " keys; drop the old");
    }
    return new SealingKeys(keys);
  }

  private static byte[] decode(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException notBase64) {
      return new byte[0];
    }
  }

  public boolean isEmpty() {
    return keys.isEmpty();
  }

  /** {@code secret} as it is to be stored for {@code owner}, as it is where there are no keys. */
  String seal(String secret, String owner) {
    if (keys.isEmpty()) {
      return secret;
    }
    Map.Entry<String, SecretKey> first = keys.entrySet().iterator().next();
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    byte[] hidden =
        run(
            Cipher.ENCRYPT_MODE,
            first.getValue(),
            nonce,
            owner,
            secret.getBytes(StandardCharsets.UTF_8));
    byte[] both = ByteBuffer.allocate(nonce.length + hidden.length).put(nonce).put(hidden).array();
    return PREFIX + first.getKey() + ":" + Base64.getEncoder().encodeToString(both);
  }

  /**
   * The secret that was stored for {@code owner}. Throws {@link IllegalStateException} where its
   * key is not here, or the text is not what was sealed.
   */
  String open(String stored, String owner) {
    if (!stored.startsWith(PREFIX)) {
      return stored;
    }
    String[] sides = stored.substring(PREFIX.length()).split(":", 2);
    SecretKey key = keys.get(sides[0]);
    if (key == null) {
      throw new IllegalStateException(
          "webhooks.secret-keys has no key " + sides[0] + ", which sealed a secret; put it back");
    }
    byte[] both = sides.length == 2 ? decode(sides[1]) : new byte[0];
    if (both.length < NONCE_BYTES) {
      throw new IllegalStateException("a sealed secret is damaged");
    }
    byte[] nonce = Arrays.copyOf(both, NONCE_BYTES);
    byte[] hidden = Arrays.copyOfRange(both, NONCE_BYTES, both.length);
    return new String(run(Cipher.DECRYPT_MODE, key, nonce, owner, hidden), StandardCharsets.UTF_8);
  }

  private static byte[] run(int mode, SecretKey key, byte[] nonce, String owner, byte[] text) {
    try {
      Cipher cipher = Cipher.getInstance(CIPHER);
      cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(owner.getBytes(StandardCharsets.UTF_8));
      return cipher.doFinal(text);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a sealed secret does not open with its key", e);
    }
  }

  @Override
  public String toString() {
    return keys.keySet().toString();
  }
}
