package io.sotto.engine;

import java.util.concurrent.atomic.LongAdder;

/**
 * What the lanes of a transcriber have spent since it was opened, for benches. Safe for any thread.
 */
public final class Effort {
  private static final double NANOS = 1e9;
  private final LongAdder mel = new LongAdder();
  private final LongAdder encoder = new LongAdder();
  private final LongAdder decoder = new LongAdder();
  private final LongAdder rules = new LongAdder();
  private final LongAdder frames = new LongAdder();
  private final LongAdder steps = new LongAdder();
  private final LongAdder rowSteps = new LongAdder();

  /**
   * Lane seconds of log-mel, encoder, decoder, and rules with all that chooses and times the text;
   * frames of 20 ms that were encoded; decoder steps, and the rows of all of them.
   */
  public record Sum(
      double melSeconds,
      double encoderSeconds,
      double decoderSeconds,
      double rulesSeconds,
      long frames,
      long steps,
      long rowSteps) {

    /** What was spent since {@code before}. */
    public Sum since(Sum before) {
      return new Sum(
          melSeconds - before.melSeconds,
          encoderSeconds - before.encoderSeconds,
          decoderSeconds - before.decoderSeconds,
          rulesSeconds - before.rulesSeconds,
          frames - before.frames,
          steps - before.steps,
          rowSteps - before.rowSteps);
    }
  }

  void encoded(long melNanos, long encoderNanos, int count) {
    mel.add(melNanos);
    encoder.add(encoderNanos);
    frames.add(count);
  }

  void stepped(long decoderNanos, int rows) {
    decoder.add(decoderNanos);
    steps.increment();
    rowSteps.add(rows);
  }

  void ruled(long nanos) {
    rules.add(nanos);
  }

  /** Up to now. */
  public Sum sum() {
    return new Sum(
        mel.sum() / NANOS,
        encoder.sum() / NANOS,
        decoder.sum() / NANOS,
        rules.sum() / NANOS,
        frames.sum(),
        steps.sum(),
        rowSteps.sum());
  }
}
