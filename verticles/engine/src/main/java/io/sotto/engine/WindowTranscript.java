package io.sotto.engine;

import java.util.List;
import java.util.Map;

/**
 * The text of a window. {@code language} is the one decoded with; {@code languageProbability} is 1
 * when it was given, and {@code languageProbabilities} empty. Times of segments are seconds from
 * the start of the window. {@code dropped} are segments that were taken for invented.
 */
public record WindowTranscript(
    String language,
    double languageProbability,
    Map<String, Double> languageProbabilities,
    List<DecodedSegment> segments,
    List<DecodedSegment> dropped,
    Times times) {
  public WindowTranscript {
    languageProbabilities = Map.copyOf(languageProbabilities);
    segments = List.copyOf(segments);
    dropped = List.copyOf(dropped);
  }

  /**
   * Milliseconds of wall time: waiting for a row, log-mel, encoder, and from first decoder step to
   * last.
   */
  public record Times(double queueMs, double melMs, double encodeMs, double decodeMs) {}
}
