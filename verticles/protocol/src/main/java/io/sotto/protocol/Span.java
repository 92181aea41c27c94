package io.sotto.protocol;

/** A stretch of a recording, in milliseconds from its start; {@code endMs} is exclusive. */
public record Span(long startMs, long endMs) {
  public Span {
    if (startMs < 0 || endMs < startMs) {
      throw new IllegalArgumentException("span " + startMs + ".." + endMs + " ms");
    }
  }

  public long durationMs() {
    return endMs - startMs;
  }
}
