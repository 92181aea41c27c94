package io.sotto.engine;

import java.util.List;

/**
 * The text of a window. {@code language} is the one decoded with; {@code languageProbability} is 1
 * when it was given. Times of segments are seconds from the start of the window.
 */
public record WindowTranscript(
    String language, double languageProbability, List<DecodedSegment> segments, Times times) {
  public WindowTranscript {
    segments = List.copyOf(segments);
  }

  /**
   * Milliseconds of wall time: waiting for a row, log-mel, encoder, and from first decoder step to
   * last.
   */
  public record Times(double queueMs, double melMs, double encodeMs, double decodeMs) {}
}
