package io.sotto.http;

import io.sotto.storage.TenantStore;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is open in the whole cluster, read from the store at most once a second however many ask.
 * Lives on the verticle's event loop.
 */
final class QueueWatch {
  private static final long GOOD_FOR_NANOS = TimeUnit.SECONDS.toNanos(1);
  private final TenantStore tenants;
  private final DoubleSupplier speed;
  private final int jobsMax;
  private @Nullable Future<Outlook> last;
  private long readNanos;

  /** {@code jobsMax}: how many jobs may be open, and so are worth reading. */
  QueueWatch(TenantStore tenants, DoubleSupplier speed, int jobsMax) {
    this.tenants = tenants;
    this.speed = speed;
    this.jobsMax = jobsMax;
  }

  Future<Outlook> now() {
    Future<Outlook> known = last;
    boolean old = known == null || System.nanoTime() - readNanos > GOOD_FOR_NANOS;
    if (known == null || old && known.isComplete() || known.failed()) {
      readNanos = System.nanoTime();
      known = tenants.openJobs(jobsMax).map(open -> new Outlook(open, speed.getAsDouble()));
      last = known;
    }
    return known;
  }
}
