package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.storage.AuditAction;
import io.sotto.storage.AuditEntry;
import io.sotto.storage.Tenant;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Entries are counted, wait while the store is away, and are bounded. */
class AuditTrailTest {
  private static final Tenant ANN = new Tenant(7, "ann", 1, null);
  private final Vertx vertx = Vertx.vertx();
  private final List<AuditEntry> log = new ArrayList<>();
  private final Hand clock = new Hand();
  private boolean away;

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  /** A clock that the test moves. */
  private static final class Hand extends Clock {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    void move(Duration by) {
      now = now.plus(by);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  private Future<Void> append(List<AuditEntry> entries) {
    if (away) {
      return Future.failedFuture("the store is away");
    }
    log.addAll(entries);
    return Future.succeededFuture();
  }

  private AuditTrail trail(boolean required) {
    AuditOptions options = new AuditOptions(this::append, "node", required, Duration.ofMinutes(1));
    return new AuditTrail(vertx, options, clock);
  }

  @Test
  void requestsOfOneKeyAreOneEntryAWindow() {
    AuditTrail trail = trail(false);
    trail.accepted(ANN, "a");
    trail.accepted(ANN, "a");
    trail.accepted(ANN, "b");
    trail.refused("a");
    await(trail.write());
    assertEquals(List.of(), log, "their window is not over");
    clock.move(Duration.ofMinutes(1));
    await(trail.write());
    assertEquals(List.of(2L, 1L, 1L), log.stream().map(AuditEntry::times).toList());
    assertEquals(Instant.parse("2026-01-01T00:00:00Z"), log.getFirst().at());
  }

  @Test
  void whileTheStoreIsAwayEntriesWaitInOrder() {
    AuditTrail trail = trail(false);
    away = true;
    trail.done(AuditAction.JOB_DELETED, ANN, "a", "first", "");
    await(trail.write());
    trail.done(AuditAction.JOB_DELETED, ANN, "a", "second", "");
    await(trail.write());
    clock.move(Duration.ofHours(1));
    assertTrue(trail.writable(), "nobody is refused for it");
    away = false;
    await(trail.write());
    assertEquals(List.of("first", "second"), log.stream().map(AuditEntry::subject).toList());
  }

  @Test
  void whatFindsNoRoomIsCountedAndTheCountIsWrittenDown() {
    AuditTrail trail = trail(false);
    away = true;
    for (int i = 0; i < AuditTrail.ENTRIES_MAX + 5; i++) {
      trail.done(AuditAction.JOB_DELETED, ANN, "a", "job", "");
    }
    await(trail.write());
    away = false;
    await(trail.write());
    await(trail.write());
    assertEquals(AuditTrail.ENTRIES_MAX + 1, log.size());
    assertEquals(AuditAction.ENTRIES_LOST, log.getLast().action());
    assertEquals(5, log.getLast().times());
  }

  @Test
  void aLogThatIsRequiredClosesTheDoorAfterFiveSeconds() {
    AuditTrail trail = trail(true);
    away = true;
    trail.done(AuditAction.JOB_DELETED, ANN, "a", "job", "");
    await(trail.write());
    assertTrue(trail.writable());
    clock.move(AuditOptions.PATIENCE);
    assertFalse(trail.writable());
    away = false;
    await(trail.write());
    assertTrue(trail.writable());
  }
}
