package io.sotto.http;

import io.sotto.storage.AuditAction;
import io.sotto.storage.AuditEntry;
import io.sotto.storage.Tenant;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node has for the audit log, on its way there: written in batches, so that no request
 * waits for it. Requests of one key and address, and refusals of one address, are one entry a
 * window with a count. While the store is away entries wait, up to a limit; those beyond it are
 * counted, and the count is written down. Lives on the verticle's event loop.
 */
final class AuditTrail {
  private static final Logger LOG = LoggerFactory.getLogger(AuditTrail.class);
  private static final long WRITE_EVERY_MS = 500;
  private static final int BATCH = 200;

  /** What waits, and what is counted in one window. */
  static final int ENTRIES_MAX = 10_000;

  private final Vertx vertx;
  private final AuditOptions options;
  private final Clock clock;
  private final Deque<AuditEntry> waiting = new ArrayDeque<>();
  private final Map<Who, Tally> counted = new LinkedHashMap<>();
  private @Nullable Instant failingSince;
  private long lost;
  private boolean closed;

  /** Whose requests are counted together. */
  private record Who(AuditAction action, @Nullable Long tenant, String actor, String address) {}

  private static final class Tally {
    private final Instant first;
    private long times;

    Tally(Instant first) {
      this.first = first;
    }
  }

  AuditTrail(Vertx vertx, AuditOptions options, Clock clock) {
    this.vertx = vertx;
    this.options = options;
    this.clock = clock;
  }

  /** Begins to write. */
  void open() {
    done(AuditAction.NODE_STARTED, null, "", "", "");
    writeLater();
  }

  private void writeLater() {
    if (!closed) {
      vertx.setTimer(WRITE_EVERY_MS, at -> write().onComplete(written -> writeLater()));
    }
  }

  /** Whether requests may be served: always, unless the log is required and cannot be written. */
  boolean writable() {
    return !options.required()
        || failingSince == null
        || clock.instant().isBefore(failingSince.plus(AuditOptions.PATIENCE));
  }

  void accepted(Tenant tenant, String address) {
    count(new Who(AuditAction.AUTH_ACCEPTED, tenant.id(), tenant.name(), address));
  }

  void refused(String address) {
    count(new Who(AuditAction.AUTH_REFUSED, null, "", address));
  }

  private void count(Who who) {
    Tally tally = counted.get(who);
    if (tally == null) {
      if (counted.size() >= ENTRIES_MAX) {
        lost++;
        return;
      }
      tally = new Tally(clock.instant());
      counted.put(who, tally);
    }
    tally.times++;
  }

  void done(
      AuditAction action, @Nullable Tenant tenant, String address, String subject, String detail) {
    Long id = tenant == null ? null : tenant.id();
    String actor = tenant == null ? "" : tenant.name();
    wait(entry(clock.instant(), new Who(action, id, actor, address), subject, detail, 1));
  }

  private AuditEntry entry(Instant at, Who who, String subject, String detail, long times) {
    return new AuditEntry(
        at,
        options.node(),
        who.action(),
        who.tenant(),
        who.actor(),
        who.address(),
        subject,
        detail,
        times);
  }

  private void wait(AuditEntry entry) {
    if (waiting.size() >= ENTRIES_MAX) {
      lost++;
    } else {
      waiting.addLast(entry);
    }
  }

  /** Writes what waits, in batches; what was counted once its window is over. */
  Future<Void> write() {
    settle(clock.instant().minus(options.window()));
    return writeWaiting();
  }

  private void settle(Instant begunBefore) {
    Iterator<Map.Entry<Who, Tally>> oldest = counted.entrySet().iterator();
    while (oldest.hasNext()) {
      Map.Entry<Who, Tally> next = oldest.next();
      Tally tally = next.getValue();
      if (tally.first.isAfter(begunBefore)) {
        return;
      }
      wait(entry(tally.first, next.getKey(), "", "", tally.times));
      oldest.remove();
    }
  }

  private Future<Void> writeWaiting() {
    if (lost > 0 && waiting.size() < ENTRIES_MAX) {
      Who node = new Who(AuditAction.ENTRIES_LOST, null, "", "");
      wait(entry(clock.instant(), node, "", "there was no room for them", lost));
      lost = 0;
    }
    if (waiting.isEmpty()) {
      return Future.succeededFuture();
    }
    List<AuditEntry> batch = new ArrayList<>();
    while (!waiting.isEmpty() && batch.size() < BATCH) {
      batch.add(waiting.removeFirst());
    }
    return options
        .store()
        .append(batch)
        .transform(
            written -> {
              if (written.failed()) {
                failed(batch, written.cause());
                return Future.succeededFuture();
              }
              failingSince = null;
              return waiting.isEmpty() ? Future.succeededFuture() : writeWaiting();
            });
  }

  private void failed(List<AuditEntry> batch, Throwable reason) {
    for (AuditEntry entry : batch.reversed()) {
      waiting.addFirst(entry);
    }
    if (failingSince == null) {
      failingSince = clock.instant();
      LOG.error("audit log not written, entries wait: {}", String.valueOf(reason.getMessage()));
    }
  }

  /** Writes everything that is left, once; gives up after the options' patience. */
  Future<Void> close() {
    closed = true;
    done(AuditAction.NODE_STOPPED, null, "", "", "");
    settle(Instant.MAX);
    return writeWaiting().timeout(AuditOptions.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }
}
