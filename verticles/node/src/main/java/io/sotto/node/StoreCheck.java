package io.sotto.node;

import io.sotto.storage.AuditLog;
import io.sotto.storage.Fsck;
import io.sotto.storage.FsckAudio;
import io.sotto.storage.Migrations;
import io.sotto.storage.S3AudioStore;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks whether what must hold of the stores does, beside the nodes that use them or without. */
public final class StoreCheck {
  private StoreCheck() {}

  /** Checks the stores that {@code config} names; {@code audio}: the bucket as well. */
  public static Fsck.Report run(NodeConfig config, Fsck.Bounds bounds, boolean audio)
      throws Exception {
    try (Stores stores = Stores.visit(config, audio)) {
      Fsck.Report report = Fsck.check(stores.postgres(), bounds);
      return audio ? report.and(audio(config, stores, bounds)) : report;
    }
  }

  /** Brings the schema up to date; gives where. */
  public static String migrate(NodeConfig config) {
    try (Stores stores = Stores.visit(config, false)) {
      Migrations.run(stores.postgres());
      return stores.postgres().toString();
    }
  }

  /** Reads the chain of the audit log; {@code anchor}: its end as it was noted down, or null. */
  public static AuditLog.Report audit(NodeConfig config, AuditLog.@Nullable Anchor anchor) {
    try (Stores stores = Stores.visit(config, false)) {
      return AuditLog.verify(stores.postgres(), anchor);
    }
  }

  /** The newest {@code limit} rows of the audit log, oldest first. */
  public static List<AuditLog.Line> auditLines(NodeConfig config, int limit) {
    try (Stores stores = Stores.visit(config, false)) {
      return AuditLog.newest(stores.postgres(), limit);
    }
  }

  private static Fsck.Report audio(NodeConfig config, Stores stores, Fsck.Bounds bounds)
      throws Exception {
    Vertx vertx = Vertx.vertx();
    S3AudioStore store = S3AudioStore.create(vertx, stores.s3());
    try {
      return FsckAudio.check(
          stores.postgres(),
          store,
          config.scheduler().keepAudio(),
          bounds.violations(),
          Instant.now());
    } finally {
      store.close();
      SottoNode.await(vertx.close());
    }
  }
}
