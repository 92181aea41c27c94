package io.sotto.http;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A key of the API: 256 random bits, told once to whoever may call. The server keeps its SHA-256
 * alone, which is enough to know it by: nobody guesses 256 bits.
 */
public record ApiKey(String text) {
  private static final String PREFIX = "sotto_";
  private static final int BYTES = 32;

  public static ApiKey create() {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    return new ApiKey(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random));
  }

  /** The line for the file that {@code http.keys-file} names. */
  public String line(long tenant, String name) {
    return "tenant=" + tenant + " name=" + name + " sha256=" + HexFormat.of().formatHex(digest());
  }

  byte[] digest() {
    return Sha256.of(text);
  }

  /** Keys are never printed by accident. */
  @Override
  public String toString() {
    return PREFIX + "(secret)";
  }
}
