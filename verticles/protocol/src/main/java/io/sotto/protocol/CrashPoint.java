package io.sotto.protocol;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The moments between two steps of the protocol where a process may die, by name, so that a test
 * can have it die in exactly that one. Nothing happens at any of them unless one was armed, which a
 * node of profile production refuses.
 */
public enum CrashPoint {
  /** The upload is in the audio store, the job is not in the database. */
  ENQUEUE_AFTER_PUT("enqueue.after-put"),
  /** The job is in the database, no scheduler was told. */
  ENQUEUE_AFTER_INSERT("enqueue.after-insert"),
  /** Schedulers were told, the client was not. */
  ENQUEUE_BEFORE_REPLY("enqueue.before-reply"),
  /** A job was claimed, no ingest node was chosen. */
  PREPARE_AFTER_CLAIM("prepare.after-claim"),
  /** A chunk's audio is stored, no scheduler was told. */
  PREPARE_AFTER_PUT("prepare.after-put"),
  /** All chunks are stored, the last report was not sent. */
  PREPARE_BEFORE_END("prepare.before-end"),
  /** Chunks were claimed, none was sent. */
  CLAIM_AFTER("claim.after"),
  /** Before a claimed chunk is sent. */
  DISPATCH_BEFORE("dispatch.before"),
  /** After a claimed chunk was sent. */
  DISPATCH_AFTER("dispatch.after"),
  /** A worker has the audio. */
  WORKER_AFTER_GET("worker.after-get"),
  /** A worker has the text. */
  WORKER_AFTER_INFER("worker.after-infer"),
  /** A worker has freed the slot, and told no scheduler of the text. */
  WORKER_BEFORE_REPLY("worker.before-reply"),
  /** A text has come, nothing is written. */
  COMMIT_BEFORE("commit.before"),
  /** A text is written in a transaction that is not committed. */
  COMMIT_AFTER_UPDATE("commit.after-update"),
  /** A text is committed, its worker was not told. */
  COMMIT_AFTER_COMMIT("commit.after-commit"),
  /** The last text of a job is written, the job is not ended. */
  ASSEMBLE_BEFORE("assemble.before"),
  /** The job is ended in a transaction that is not committed. */
  ASSEMBLE_AFTER("assemble.after"),
  /** A receiver has answered a webhook. */
  OUTBOX_AFTER_POST("outbox.after-post"),
  /** What a receiver answered is known, and not written down. */
  OUTBOX_BEFORE_MARK("outbox.before-mark"),
  /** Some of the overdue work is given back, the rest is not. */
  SWEEP_MID_BATCH("sweep.mid-batch"),
  /** A scheduler that leaves has stopped claiming, and waits for what is out. */
  DRAIN_MID("drain.mid");

  /** System property: {@code POINT:PASSES:HOW}, as {@link #arm} takes it. */
  public static final String PROPERTY = "sotto.crash-at";

  /** What a process says when it has come to the point that was armed; the point follows. */
  public static final String REACHED = "crash point reached: ";

  /** As after SIGKILL. */
  private static final int EXIT = 137;

  private static final long FROZEN_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** So long a gap between two looks was a freeze. */
  private static final long FREEZE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static volatile @Nullable Armed armed;

  private final String label;

  CrashPoint(String label) {
    this.label = label;
  }

  /** Its name, as {@link #arm} takes it. */
  public String label() {
    return label;
  }

  /** What happens at the point. */
  private enum How {
    /** The process ends at once, without its shutdown hooks. */
    KILL,
    /** The thread stands still until whoever reads the process's output has frozen and woken it. */
    FREEZE
  }

  private record Armed(CrashPoint point, AtomicInteger left, How how) {}

  /**
   * Arms one point, in place of any before: {@code commit.before:3:kill} lets it be passed three
   * times and ends the process at the fourth, {@code freeze} waits there for SIGSTOP.
   *
   * @throws IllegalArgumentException when {@code order} is not of that form
   */
  public static void arm(String order) {
    armed = parse(order);
  }

  private static Armed parse(String order) {
    String[] parts = order.split(":", -1);
    try {
      return new Armed(
          named(parts[0]),
          new AtomicInteger(Integer.parseUnsignedInt(parts[1])),
          How.valueOf(parts[2].toUpperCase(Locale.ROOT)));
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "'"
              + order
              + "' is not POINT:PASSES:HOW with HOW kill or freeze and POINT one of "
              + Arrays.stream(values()).map(CrashPoint::label).collect(Collectors.joining(", ")),
          e);
    }
  }

  private static CrashPoint named(String label) {
    return Arrays.stream(values())
        .filter(point -> point.label.equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(label));
  }

  /** This point is passed. */
  public void pass() {
    Armed now = armed;
    if (now != null && now.point == this && now.left.getAndDecrement() == 0) {
      armed = null;
      happen(now.how);
    }
  }

  /** Said straight to the output: a log may write it later than the process lives. */
  private void happen(How how) {
    System.out.println(REACHED + label);
    System.out.flush();
    switch (how) {
      case KILL -> Runtime.getRuntime().halt(EXIT);
      case FREEZE -> awaitFreeze();
    }
  }

  private static void awaitFreeze() {
    long begun = System.nanoTime();
    long looked = begun;
    long gap = 0;
    while (gap < FREEZE_NANOS && looked - begun < FROZEN_WITHIN_NANOS) {
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
      gap = System.nanoTime() - looked;
      looked += gap;
    }
  }
}
