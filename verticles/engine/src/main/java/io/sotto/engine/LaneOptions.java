package io.sotto.engine;

/**
 * How a lane works: {@code threads} of ONNX Runtime (0: one a core), {@code rows} windows decoded
 * side by side (1 to 64), {@code queueMax} windows that may wait for a row (0 to 1024).
 */
public record LaneOptions(int threads, int rows, int queueMax) {
  public LaneOptions {
    if (threads < 0 || threads > 256 || rows < 1 || rows > 64 || queueMax < 0 || queueMax > 1024) {
      throw new IllegalArgumentException(
          "threads 0..256, rows 1..64, queueMax 0..1024, not "
              + threads
              + ", "
              + rows
              + ", "
              + queueMax);
    }
  }

  int threadsOrCores() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
