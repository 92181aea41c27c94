package io.sotto.http;

import io.sotto.protocol.net.UrlGuard;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where recordings may come from, besides uploads.
 *
 * @param urls which URLs are fetched; null: none
 * @param timeout of one fetch, from the look-up of the name to the last byte
 * @param atOnce fetches in progress at the same time
 * @param bucket that keys of S3 objects are looked for in
 * @param prefix which these keys begin with, <code>{tenant}</code> standing for the tenant's
 *     number; empty: no S3 object is taken
 */
public record Sources(
    UrlGuard.@Nullable Policy urls, Duration timeout, int atOnce, String bucket, String prefix) {
  /** Uploads alone. */
  public static final Sources NONE = new Sources(null, Duration.ofMinutes(1), 1, "", "");

  String prefix(long tenant) {
    return prefix.replace("{tenant}", String.valueOf(tenant));
  }
}
