package io.sotto.scheduler;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.sotto.protocol.ChunkTranscript.StageTimes;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.JobState;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** What a scheduler counts. In Prometheus the names read {@code sotto_chunks_committed_total}. */
final class SchedulerMeters {
  private static final double NANOS_PER_MS = 1e6;
  private static final String NO_CODE = "none";

  /** Why work was taken back from whoever held it. */
  enum Loss {
    /** Its deadline passed, or the lease of the scheduler that gave it out. */
    OVERDUE,
    /** Its node fell silent. */
    NODE
  }

  /** What is deleted because its time is over. */
  enum Kept {
    JOB,
    AUDIO,
    ORPHAN
  }

  private final MeterRegistry registry;
  private final Counter committed;
  private final Counter fenced;
  private final Counter dispatched;
  private final Counter isolated;
  private final Counter refused;
  private final Counter nodesLost;
  private final Counter leasesLost;
  private final Counter erased;
  private final Timer queued;
  private final Timer fetched;
  private final Timer decoded;
  private final AtomicInteger workers = new AtomicInteger();
  private final AtomicInteger ingests = new AtomicInteger();
  private final AtomicInteger freeSlots = new AtomicInteger();
  private final AtomicInteger trusted = new AtomicInteger();
  private final AtomicInteger orphans = new AtomicInteger();
  private final AtomicReference<Double> speed = new AtomicReference<>(0.0);

  SchedulerMeters(MeterRegistry registry) {
    this.registry = registry;
    committed = registry.counter("sotto.chunks.committed");
    fenced = registry.counter("sotto.reports.fenced");
    dispatched = registry.counter("sotto.chunks.dispatched");
    isolated = registry.counter("sotto.chunks.isolated");
    refused = registry.counter("sotto.dispatches.refused");
    nodesLost = registry.counter("sotto.nodes.lost");
    leasesLost = registry.counter("sotto.leases.lost");
    erased = registry.counter("sotto.jobs.erased");
    queued = registry.timer("sotto.chunk.stage", "stage", "queue");
    fetched = registry.timer("sotto.chunk.stage", "stage", "fetch");
    decoded = registry.timer("sotto.chunk.stage", "stage", "decode");
    registry.gauge("sotto.workers", workers);
    registry.gauge("sotto.ingests", ingests);
    registry.gauge("sotto.slots.free", freeSlots);
    registry.gauge("sotto.lease.trusted", trusted);
    registry.gauge("sotto.orphans", orphans);
    registry.gauge("sotto.cluster.speed", speed, AtomicReference::get);
    // what is rare is there from the start: an alert on what was never counted would say nothing
    for (Loss loss : Loss.values()) {
      released(loss, 0);
    }
    for (Kept what : Kept.values()) {
      expired(what, 0);
    }
    ended(JobState.COMPLETED, NO_CODE, 0);
    ended(JobState.FAILED, FailureCode.INTERNAL.code(), 0);
    failed(FailureCode.INTERNAL, true, 0);
  }

  private static String tag(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  void committed(StageTimes times) {
    committed.increment();
    queued.record(duration(times.queueMs()));
    fetched.record(duration(times.fetchMs()));
    decoded.record(duration(times.melMs() + times.encodeMs() + times.decodeMs()));
  }

  private static Duration duration(double ms) {
    return Duration.ofNanos((long) (ms * NANOS_PER_MS));
  }

  void fenced() {
    fenced.increment();
  }

  void released(Loss why, int works) {
    registry.counter("sotto.works.released", "cause", tag(why)).increment(works);
  }

  /** A report of a failure that was accepted; charged ones use up the budget of their work. */
  void failed(FailureCode code, boolean charged) {
    failed(code, charged, 1);
  }

  private void failed(FailureCode code, boolean charged, int works) {
    String charge = String.valueOf(charged);
    registry.counter("sotto.works.failed", "code", code.code(), "charged", charge).increment(works);
  }

  void completed() {
    ended(JobState.COMPLETED, NO_CODE, 1);
  }

  void failed(String code, int jobs) {
    ended(JobState.FAILED, code, jobs);
  }

  private void ended(JobState state, String code, int jobs) {
    registry.counter("sotto.jobs.ended", "outcome", state.wire(), "code", code).increment(jobs);
  }

  void expired(Kept what, int many) {
    registry.counter("sotto.retention.deleted", "what", tag(what)).increment(many);
  }

  /** Nothing is left of a job that was deleted. */
  void erased() {
    erased.increment();
  }

  /** Objects without a job that a whole pass over the bucket met and left. */
  void orphans(int met) {
    orphans.set(met);
  }

  void dispatched() {
    dispatched.increment();
  }

  void isolated() {
    isolated.increment();
  }

  void refused() {
    refused.increment();
  }

  void nodesLost(int nodes) {
    nodesLost.increment(nodes);
  }

  void trusted(boolean now) {
    trusted.set(now ? 1 : 0);
  }

  void leaseLost() {
    leasesLost.increment();
  }

  /** {@code audioSecondsPerSecond}: what all workers together transcribe at the speed they say. */
  void capacity(int workersHeard, int ingestsHeard, int slotsFree, double audioSecondsPerSecond) {
    workers.set(workersHeard);
    ingests.set(ingestsHeard);
    freeSlots.set(slotsFree);
    speed.set(audioSecondsPerSecond);
  }
}
