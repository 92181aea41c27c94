package io.sotto.http;

import io.sotto.storage.AuditStore;
import java.time.Duration;

/**
 * How the audit log is written.
 *
 * @param store where to
 * @param node whose entries they are
 * @param required whether requests are refused while it cannot be written
 * @param window within which requests of one key and address are one entry
 */
public record AuditOptions(AuditStore store, String node, boolean required, Duration window) {
  /** How long the log may fail before requests are refused, and the longest wait at the end. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Nobody writes it down. */
  static final AuditOptions NONE =
      new AuditOptions(AuditStore.NONE, "", false, Duration.ofMinutes(1));
}
