package io.sotto.protocol;

import java.util.List;

/**
 * What a worker made of one chunk. Times in {@code segments} count from the start of the recording.
 * {@code language} is the code that was decoded with, detected or asked for; {@code
 * languageProbability} is 1 when it was asked for.
 */
public record ChunkTranscript(
    String language,
    double languageProbability,
    List<Segment> segments,
    String modelDigest,
    StageTimes times) {
  public ChunkTranscript {
    segments = List.copyOf(segments);
  }

  /** Milliseconds of wall time a chunk spent in each stage on its worker. */
  public record StageTimes(
      double fetchMs, double queueMs, double melMs, double encodeMs, double decodeMs) {}
}
