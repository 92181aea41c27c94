package io.sotto.scheduler.webhook;

import io.sotto.protocol.net.GuardedUrl;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Posts a body to an address that was checked. */
@FunctionalInterface
interface Post {

  /** {@code to} is where the connection goes, whatever {@code url}'s name means meanwhile. */
  record Parcel(
      InetAddress to, GuardedUrl url, Map<String, String> headers, Buffer body, Duration within) {
    public Parcel {
      headers = Map.copyOf(headers);
    }
  }

  record Status(int code, @Nullable String retryAfter) {}

  Future<Status> post(Parcel parcel);
}
