package io.sotto.storage;

import io.vertx.core.Future;
import java.util.List;

/** Where the audit log is written. */
@FunctionalInterface
public interface AuditStore {
  /** Nobody writes it down: for nodes of one command, and tests of something else. */
  AuditStore NONE = entries -> Future.succeededFuture();

  /** Appends all of {@code entries} to the one chain of the cluster, or none. */
  Future<Void> append(List<AuditEntry> entries);
}
