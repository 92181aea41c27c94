package io.sotto.engine;

/**
 * How a model is run: {@code lanes} threads decode independently (1 to 64), sharing {@code threads}
 * cores (at least one each), each with {@code rows} windows side by side (1 to 64); {@code
 * queueMax} more windows may wait (0 to 1024).
 */
public record LaneOptions(Device device, int lanes, int threads, int rows, int queueMax) {
  private static final int AUTO_LANES_MAX = 4;

  /** On the CPU. */
  public LaneOptions(int lanes, int threads, int rows, int queueMax) {
    this(Device.CPU, lanes, threads, rows, queueMax);
  }

  public LaneOptions {
    if (lanes < 1
        || lanes > 64
        || threads < lanes
        || threads > 256
        || rows < 1
        || rows > 64
        || queueMax < 0
        || queueMax > 1024) {
      throw new IllegalArgumentException(
          "lanes 1..64, threads lanes..256, rows 1..64, queueMax 0..1024, not "
              + lanes
              + ", "
              + threads
              + ", "
              + rows
              + ", "
              + queueMax);
    }
  }

  /**
   * As given, with 0 for what the machine decides: all cores, and a lane a core up to four, beyond
   * which lanes get several cores each.
   */
  public static LaneOptions of(int lanes, int threads, int rows, int queueMax) {
    int cores = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    int count = lanes == 0 ? Math.min(cores, AUTO_LANES_MAX) : lanes;
    return new LaneOptions(count, Math.max(cores, count), rows, queueMax);
  }

  /** The same on {@code other}; a GPU serves one lane. */
  public LaneOptions on(Device other) {
    return other == Device.CPU ? this : new LaneOptions(other, 1, threads, rows, queueMax);
  }

  int threadsOfLane() {
    return threads / lanes;
  }

  /** Whether the encoder is loaded a second time, for a lane that has all cores to itself. */
  boolean soloEncoder() {
    return threadsOfLane() < threads;
  }

  /**
   * What a loaded model takes, in bytes: its graphs' weights, the encoder's twice where lanes share
   * the cores, and {@code bytesOfRow} of caches for every row.
   */
  long memoryBytes(long encoderBytes, long decoderBytes, long bytesOfRow) {
    long encoders = soloEncoder() ? 2 * encoderBytes : encoderBytes;
    return encoders + decoderBytes + (long) lanes * rows * bytesOfRow;
  }
}
