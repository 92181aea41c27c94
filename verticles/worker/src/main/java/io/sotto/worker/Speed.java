package io.sotto.worker;

/**
 * How fast chunks come back: audio seconds per wall second from receipt to result, as a moving
 * average, so that it holds waiting and neighbours in it as a scheduler would feel them.
 */
final class Speed {
  /** The weight of the newest chunk: about the last ten count. */
  private static final double WEIGHT = 0.2;

  private double average;

  void measured(double audioSeconds, double wallSeconds) {
    if (audioSeconds <= 0 || wallSeconds <= 0) {
      return;
    }
    double now = audioSeconds / wallSeconds;
    average = average == 0 ? now : average + WEIGHT * (now - average);
  }

  /** 0 until a chunk has been measured. */
  double perSecond() {
    return average;
  }
}
