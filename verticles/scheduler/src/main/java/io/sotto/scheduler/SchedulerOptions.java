package io.sotto.scheduler;

import io.sotto.storage.RetentionStore;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Limits of a scheduler.
 *
 * @param roles what this node is, for the register of nodes ("http,scheduler")
 * @param version of the product, for the register of nodes
 * @param pollEvery how long an idle scheduler waits before it asks the store again
 * @param times leases, deadlines and silences
 * @param limits bounds of batches and queues
 * @param audioGrace how long the audio of a job stays after its end; 0: no longer than need be
 * @param keepAudio whether uploads stay in the store after their job ended; chunks never do
 * @param retention how long what stays may stay
 */
public record SchedulerOptions(
    String roles,
    String version,
    Duration pollEvery,
    Times times,
    Limits limits,
    Duration audioGrace,
    boolean keepAudio,
    Retention retention) {

  public SchedulerOptions {
    positive("pollEvery", pollEvery);
    require(!audioGrace.isNegative(), "audioGrace must not be negative, is " + audioGrace);
  }

  /**
   * Leases, deadlines and silences.
   *
   * @param nodeLease how long this node's lease runs; trusted locally for {@code leaseMargin} less
   * @param renewEvery how often it is renewed
   * @param leaseMargin what is taken off for the clock's and the network's sake
   * @param silence after which a node that offered capacity counts as lost
   * @param chunkDeadline of a chunk on a worker whose speed is not known yet
   * @param chunkDeadlineMax of a chunk on any worker
   * @param preparationLease within which an ingest node must report something
   * @param refusalDelay before a preparation that was refused is tried again
   * @param sourceUrlTtl how long the link to an upload is good
   * @param dutyLease how long a cluster-wide duty stays with a scheduler that fell silent
   */
  public record Times(
      Duration nodeLease,
      Duration renewEvery,
      Duration leaseMargin,
      Duration silence,
      Duration chunkDeadline,
      Duration chunkDeadlineMax,
      Duration preparationLease,
      Duration refusalDelay,
      Duration sourceUrlTtl,
      Duration dutyLease) {

    public Times {
      positive("renewEvery", renewEvery);
      positive("silence", silence);
      positive("chunkDeadline", chunkDeadline);
      positive("preparationLease", preparationLease);
      positive("sourceUrlTtl", sourceUrlTtl);
      positive("dutyLease", dutyLease);
      require(
          renewEvery.plus(leaseMargin).compareTo(nodeLease) < 0,
          "nodeLease " + nodeLease + " must exceed renewEvery plus leaseMargin");
      require(
          chunkDeadline.compareTo(chunkDeadlineMax) <= 0,
          "chunkDeadline " + chunkDeadline + " exceeds chunkDeadlineMax " + chunkDeadlineMax);
    }

    /** {@code deadline} for a chunk, and at least five times that for the slowest worker. */
    public Times withChunkDeadline(Duration deadline) {
      Duration most = deadline.multipliedBy(5);
      return new Times(
          nodeLease,
          renewEvery,
          leaseMargin,
          silence,
          deadline,
          most.compareTo(chunkDeadlineMax) > 0 ? most : chunkDeadlineMax,
          preparationLease,
          refusalDelay,
          sourceUrlTtl,
          dutyLease);
    }
  }

  /**
   * Bounds of batches and queues.
   *
   * @param claim chunks claimed at once
   * @param sweep rows given back at once
   * @param clean jobs whose audio is deleted in one round
   * @param reportsAtOnce reports written at the same time
   * @param reportsWaiting reports that may wait for that; more are refused, and come again
   */
  public record Limits(int claim, int sweep, int clean, int reportsAtOnce, int reportsWaiting) {
    public Limits {
      require(claim >= 1, "claim must be at least 1, is " + claim);
      require(sweep >= 1, "sweep must be at least 1, is " + sweep);
      require(clean >= 1, "clean must be at least 1, is " + clean);
      require(reportsAtOnce >= 1, "reportsAtOnce must be at least 1, is " + reportsAtOnce);
      require(reportsWaiting >= 0, "reportsWaiting must not be negative, is " + reportsWaiting);
    }
  }

  /**
   * How long what stays may stay.
   *
   * @param usual of tenants that have no time of their own
   * @param orphanAge how long an object must have been without a job before it is deleted; null:
   *     none is
   * @param passEvery how long after a pass over the bucket the next begins
   * @param witness who writes deletions into the audit log
   */
  public record Retention(
      RetentionStore.Usual usual,
      @Nullable Duration orphanAge,
      Duration passEvery,
      RetentionStore.Witness witness) {
    public static final Retention NONE =
        new Retention(
            RetentionStore.Usual.ALL, null, Duration.ofHours(1), RetentionStore.Witness.NONE);

    /** As {@code conf/sotto.yaml} has it. */
    public static Retention of(
        RetentionStore.Usual usual, @Nullable Duration orphanAge, RetentionStore.Witness witness) {
      return new Retention(usual, orphanAge, NONE.passEvery, witness);
    }
  }

  /** The values that conf/sotto.yaml documents. */
  public static SchedulerOptions of(String roles, String version) {
    return new SchedulerOptions(
        roles,
        version,
        Duration.ofMillis(250),
        new Times(
            Duration.ofSeconds(12),
            Duration.ofSeconds(3),
            Duration.ofSeconds(2),
            Duration.ofSeconds(4),
            Duration.ofSeconds(120),
            Duration.ofMinutes(10),
            Duration.ofSeconds(60),
            Duration.ofMillis(500),
            Duration.ofMinutes(15),
            Duration.ofSeconds(10)),
        new Limits(64, 500, 50, 32, 1000),
        Duration.ZERO,
        false,
        Retention.NONE);
  }

  public SchedulerOptions withTimes(Times other) {
    return new SchedulerOptions(
        roles, version, pollEvery, other, limits, audioGrace, keepAudio, retention);
  }

  public SchedulerOptions withKeepAudio(boolean keep) {
    return new SchedulerOptions(
        roles, version, pollEvery, times, limits, audioGrace, keep, retention);
  }

  public SchedulerOptions withRetention(Retention other) {
    return new SchedulerOptions(
        roles, version, pollEvery, times, limits, audioGrace, keepAudio, other);
  }

  private static void positive(String name, Duration value) {
    require(value.toMillis() > 0, name + " must be at least 1 ms, is " + value);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException("scheduler options: " + otherwise);
    }
  }
}
