package io.sotto.node;

import io.sotto.storage.AudioStore;
import io.sotto.storage.AuditLog;
import io.sotto.storage.Fsck;
import io.sotto.storage.FsckAudio;
import io.sotto.storage.FsckJob;
import io.sotto.storage.Migrations;
import io.sotto.storage.S3AudioStore;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks whether what must hold of the stores does, beside the nodes that use them or without. */
public final class StoreCheck {
  private StoreCheck() {}

  /** Checks the stores that {@code config} names; {@code audio}: the bucket as well. */
  public static Fsck.Report run(NodeConfig config, Fsck.Bounds bounds, boolean audio)
      throws Exception {
    return run(config, bounds, audio, config.retention().leakAge());
  }

  /** As above; objects without a job are told of when they are of {@code orphanAge} or older. */
  public static Fsck.Report run(
      NodeConfig config, Fsck.Bounds bounds, boolean audio, Duration orphanAge) throws Exception {
    try (Stores stores = Stores.visit(config, audio)) {
      Fsck.Report report = Fsck.check(stores.postgres(), bounds);
      return audio ? report.and(audio(config, stores, bounds, orphanAge)) : report;
    }
  }

  /** What is left of a job, in both stores. */
  public static FsckJob.Report job(NodeConfig config, UUID job) throws Exception {
    try (Stores stores = Stores.visit(config, true)) {
      return with(stores, audio -> FsckJob.look(stores.postgres(), audio, job));
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

  private static Fsck.Report audio(
      NodeConfig config, Stores stores, Fsck.Bounds bounds, Duration orphanAge) throws Exception {
    Instant before = Instant.now().minus(orphanAge);
    boolean keepAudio = config.scheduler().keepAudio();
    return with(
        stores,
        audio -> FsckAudio.check(stores.postgres(), audio, keepAudio, bounds.violations(), before));
  }

  private static <T> T with(Stores stores, Function<AudioStore, T> look) throws Exception {
    Vertx vertx = Vertx.vertx();
    S3AudioStore store = S3AudioStore.create(vertx, stores.s3());
    try {
      return look.apply(store);
    } finally {
      store.close();
      SottoNode.await(vertx.close());
    }
  }
}
