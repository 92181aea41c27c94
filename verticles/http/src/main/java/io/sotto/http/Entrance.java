package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.storage.JobStore;
import io.sotto.storage.Tenant;
import io.sotto.storage.TenantStore.Admission;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what would be refused in the end before it is read: by a picture of the queue that is up
 * to a second old, and by those whom this node has let in since. Other nodes let in at the same
 * time; the statement that inserts decides. Lives on the verticle's event loop.
 */
final class Entrance {
  private final Admission limits;
  private final JobStore jobs;
  private final QueueWatch queue;
  private final LongSupplier nanos;
  private final Set<Guest> guests = new HashSet<>();

  Entrance(Admission limits, JobStore jobs, QueueWatch queue, LongSupplier nanos) {
    this.limits = limits;
    this.jobs = jobs;
    this.queue = queue;
    this.nanos = nanos;
  }

  /** A request that was let in; exactly one of its ends is told. */
  final class Guest {
    private final long tenant;
    private boolean inserted;
    private long insertedNanos;

    private Guest(long tenant) {
      this.tenant = tenant;
    }

    /** Its job is in the store: the next picture shows it. */
    void inserted() {
      inserted = true;
      insertedNanos = nanos.getAsLong();
    }

    /** It made no job. */
    void left() {
      guests.remove(this);
    }
  }

  /** {@code key}: what comes with one may be there already, and is met then, full or not. */
  Future<Guest> enter(Tenant tenant, @Nullable String key, HttpServerRequest request) {
    boolean[] gone = {false};
    request.exceptionHandler(broken -> gone[0] = true);
    request.pause();
    return enter(tenant, key)
        .compose(
            guest -> {
              if (gone[0]) {
                guest.left();
                return Future.failedFuture(Form.cutOff("the client hung up"));
              }
              return Future.succeededFuture(guest);
            });
  }

  /** The same of a request that has come whole. */
  Future<Guest> enter(Tenant tenant, @Nullable String key) {
    return queue
        .now()
        .compose(
            outlook -> {
              guests.removeIf(guest -> guest.inserted && guest.insertedNanos < queue.readNanos());
              SottoException full = full(tenant, outlook);
              if (full == null) {
                return Future.succeededFuture(letIn(tenant));
              }
              return known(tenant, key)
                  .compose(
                      known ->
                          known
                              ? Future.succeededFuture(letIn(tenant))
                              : refused(tenant, outlook, full));
            });
  }

  private @Nullable SottoException full(Tenant tenant, Outlook outlook) {
    long own = guests.stream().filter(guest -> guest.tenant == tenant.id()).count();
    if (outlook.jobs(tenant.id()) + own >= limits.tenantJobsMax()) {
      return limits.tenantFull();
    }
    return outlook.jobs() + guests.size() >= limits.jobsMax() ? limits.allFull() : null;
  }

  private Future<Boolean> known(Tenant tenant, @Nullable String key) {
    return key == null ? Future.succeededFuture(false) : jobs.knows(tenant.id(), key);
  }

  private Guest letIn(Tenant tenant) {
    Guest guest = new Guest(tenant.id());
    guests.add(guest);
    return guest;
  }

  /** The insert has found no place. */
  <T> Future<T> refused(Tenant tenant, SottoException why) {
    return queue.nowOrUnknown().compose(outlook -> refused(tenant, outlook, why));
  }

  /** Tells a client that finds no place when to come again. */
  private static <T> Future<T> refused(Tenant tenant, Outlook outlook, SottoException why) {
    long after =
        why.code() == FailureCode.RATE_LIMIT_EXCEEDED
            ? outlook.retrySeconds(tenant.id())
            : outlook.retrySeconds();
    return Future.failedFuture(ApiError.of(why).after(after));
  }
}
