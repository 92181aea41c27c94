package io.sotto.it.chaos;

import io.sotto.protocol.CrashPoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Which crash points are struck how, made from a number before anything runs.
 *
 * @param strikes in their order
 */
record Crashes(List<Strike> strikes) {
  /** Where a worker stands that comes to them. */
  static final Set<CrashPoint> OF_WORKERS =
      EnumSet.of(
          CrashPoint.WORKER_AFTER_GET,
          CrashPoint.WORKER_AFTER_INFER,
          CrashPoint.WORKER_BEFORE_REPLY);

  /** Where a scheduler stands that may sleep past its lease: all its points but leaving. */
  static final Set<CrashPoint> OF_SCHEDULERS =
      EnumSet.of(
          CrashPoint.PREPARE_AFTER_CLAIM,
          CrashPoint.CLAIM_AFTER,
          CrashPoint.DISPATCH_BEFORE,
          CrashPoint.DISPATCH_AFTER,
          CrashPoint.COMMIT_BEFORE,
          CrashPoint.COMMIT_AFTER_UPDATE,
          CrashPoint.COMMIT_AFTER_COMMIT,
          CrashPoint.ASSEMBLE_BEFORE,
          CrashPoint.ASSEMBLE_AFTER,
          CrashPoint.OUTBOX_AFTER_POST,
          CrashPoint.OUTBOX_BEFORE_MARK,
          CrashPoint.SWEEP_MID_BATCH);

  /** Passed with every job, so that not the first pass need be the one. */
  private static final int PASSES_MAX = 4;

  private static final Set<CrashPoint> RARE =
      EnumSet.of(CrashPoint.SWEEP_MID_BATCH, CrashPoint.DRAIN_MID);

  /** One node is killed or frozen at one point, after it passed it so often. */
  record Strike(CrashPoint point, boolean freeze, int passes) {
    String words() {
      return (freeze ? "freeze" : "kill") + " at " + point.label() + " after " + passes + " passes";
    }
  }

  /** Every point so many times killed, those of schedulers so many times frozen. */
  static Crashes of(long seed, int kills, int freezes) {
    Random random = new Random(seed);
    List<Strike> strikes = new ArrayList<>();
    for (CrashPoint point : CrashPoint.values()) {
      for (int i = 0; i < kills; i++) {
        strikes.add(strike(point, false, random));
      }
      for (int i = 0; i < freezes && OF_SCHEDULERS.contains(point); i++) {
        strikes.add(strike(point, true, random));
      }
    }
    Collections.shuffle(strikes, random);
    return new Crashes(List.copyOf(strikes));
  }

  private static Strike strike(CrashPoint point, boolean freeze, Random random) {
    int passes = random.nextInt(PASSES_MAX);
    return new Strike(point, freeze, RARE.contains(point) ? 0 : passes);
  }
}
