package io.sotto.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;

/**
 * What every answer tells browsers: that it is no page, is in nobody's frame, is kept by no cache,
 * and that this host is reached by TLS alone once it was (which counts behind a proxy that speaks
 * it). There is no header of CORS: pages of other origins read nothing. The page at {@code /docs}
 * puts its own in place of some.
 */
final class SafeHeaders {
  static final Map<String, String> ALL =
      Map.of(
          "X-Content-Type-Options",
          "nosniff",
          "Content-Security-Policy",
          "default-src 'none'; frame-ancestors 'none'",
          "X-Frame-Options",
          "DENY",
          "Referrer-Policy",
          "no-referrer",
          "Strict-Transport-Security",
          "max-age=63072000",
          HttpHeaders.CACHE_CONTROL.toString(),
          "no-store");

  private SafeHeaders() {}

  static void put(HttpServerResponse response) {
    ALL.forEach(response::putHeader);
  }
}
