package io.sotto.http;

import io.sotto.storage.TenantStore;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
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
  private final LongSupplier nanos;
  private @Nullable Future<Outlook> last;
  private long readNanos;

  /**
   * {@code jobsMax}: how many jobs may be open, and so are worth reading; {@code nanos}: a
   * monotonic clock.
   */
  QueueWatch(TenantStore tenants, DoubleSupplier speed, int jobsMax, LongSupplier nanos) {
    this.nanos = nanos;
    this.tenants = tenants;
    this.speed = speed;
    this.jobsMax = jobsMax;
  }

  /** When the store was last asked: what was inserted before is in what it told. */
  long readNanos() {
    return readNanos;
  }

  /** The queue as it is; nothing is known of it while the store does not tell. */
  Future<Outlook> nowOrUnknown() {
    return now().otherwise(Outlook.UNKNOWN);
  }

  Future<Outlook> now() {
    Future<Outlook> known = last;
    boolean old = known == null || nanos.getAsLong() - readNanos > GOOD_FOR_NANOS;
    if (known == null || old && known.isComplete() || known.failed()) {
      readNanos = nanos.getAsLong();
      known = tenants.openJobs(jobsMax).map(open -> new Outlook(open, speed.getAsDouble()));
      last = known;
    }
    return known;
  }
}
