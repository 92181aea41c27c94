package io.sotto.http;

import io.sotto.storage.Tenant;
import io.sotto.storage.TenantStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose request it is, by its key. The file is looked at every two seconds, so that a key is taken
 * away without a restart; what cannot be read leaves the keys as they were. Without a file nobody
 * is asked, and everybody is the one tenant. Lives on the verticle's event loop.
 */
final class Keyring {
  private static final Logger LOG = LoggerFactory.getLogger(Keyring.class);
  private static final long LOOK_EVERY_MS = 2_000;
  private static final String SCHEME = "bearer ";

  private final Vertx vertx;
  private final TenantStore tenants;
  private final @Nullable Path file;
  private final Consumer<String> changed;
  private final Set<Tenant> written = new HashSet<>();
  private KeyFile keys = KeyFile.NONE;
  private @Nullable String complaint;
  private boolean closed;

  /** {@code changed} is told what has, whenever other keys may be used than before. */
  Keyring(Vertx vertx, TenantStore tenants, @Nullable Path file, Consumer<String> changed) {
    this.vertx = vertx;
    this.changed = changed;
    this.tenants = tenants;
    this.file = file;
  }

  /** Reads the file; fails where it cannot be understood, since nobody could call then. */
  Future<Void> open() {
    Path path = file;
    if (path == null) {
      return Future.succeededFuture();
    }
    return vertx.executeBlocking(() -> KeyFile.read(path)).map(this::take).map(this::lookLater);
  }

  void close() {
    closed = true;
  }

  private @Nullable Void lookLater(boolean taken) {
    if (!closed) {
      vertx.setTimer(LOOK_EVERY_MS, at -> look().onComplete(looked -> lookLater(true)));
    }
    return null;
  }

  /** One look: takes a file that has changed, and writes tenants that the store has not got yet. */
  Future<Boolean> look() {
    Path path = file;
    if (path == null) {
      return Future.succeededFuture(false);
    }
    KeyFile now = keys;
    return vertx
        .executeBlocking(
            () -> KeyFile.Stamp.of(path).equals(now.stamp()) ? now : KeyFile.read(path))
        .map(read -> read == now ? tell() : take(read))
        .recover(failure -> Future.succeededFuture(keep(failure)));
  }

  /** Whether anybody is asked for a key. */
  boolean asks() {
    return file != null;
  }

  private boolean take(KeyFile read) {
    Set<String> before = keys.entries().keySet();
    Set<String> now = read.entries().keySet();
    if (!before.equals(now)) {
      long added = now.stream().filter(key -> !before.contains(key)).count();
      long removed = before.stream().filter(key -> !now.contains(key)).count();
      changed.accept("keys added: " + added + ", removed: " + removed);
    }
    keys = read;
    complaint = null;
    LOG.info("keys read: {} that may be used", read.entries().size());
    return tell();
  }

  private boolean keep(Throwable failure) {
    String reason = String.valueOf(failure.getMessage());
    if (!reason.equals(complaint)) {
      complaint = reason;
      LOG.error("the keys stay as they were, since the file cannot be read: {}", reason);
    }
    return false;
  }

  /** Claims go by what the store knows of tenants; it may be away now, and is told later then. */
  private boolean tell() {
    Map<Long, Tenant> known = new LinkedHashMap<>();
    keys.entries().values().forEach(entry -> known.put(entry.tenant().id(), entry.tenant()));
    for (Tenant tenant : known.values()) {
      if (!written.contains(tenant)) {
        tenants.putTenant(tenant).onSuccess(put -> wrote(tenant));
      }
    }
    return true;
  }

  private void wrote(Tenant tenant) {
    written.removeIf(other -> other.id() == tenant.id());
    written.add(tenant);
  }

  /** The tenant whose key the header {@code Authorization} holds; refused with 401 else. */
  Tenant identify(@Nullable String authorization) {
    if (file == null) {
      return Tenant.ONLY;
    }
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw unknown("there is no API key: send it as Authorization: Bearer KEY");
    }
    ApiKey key = new ApiKey(authorization.substring(SCHEME.length()).strip());
    KeyFile.Entry entry = keys.find(key.digest());
    if (entry == null) {
      throw unknown("this API key is not known, or no longer; ask whoever runs this server");
    }
    return entry.tenant();
  }

  private static ApiError unknown(String message) {
    return new ApiError(401, "invalid_api_key", null, message);
  }
}
