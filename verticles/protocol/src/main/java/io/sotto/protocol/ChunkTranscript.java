package io.sotto.protocol;

import java.util.List;

/**
 * What a worker made of one chunk. Times in {@code segments} count from the start of the recording.
 * {@code language} is the code that was decoded with, detected or asked for; {@code
 * languageProbability} is 1 when it was asked for. {@code dropped} are segments that were taken for
 * invented; their doubt says why.
 */
public record ChunkTranscript(
    String language,
    double languageProbability,
    List<Segment> segments,
    List<Segment> dropped,
    String modelDigest,
    StageTimes times) {
  public ChunkTranscript {
    segments = List.copyOf(segments);
    // a node of before drops without a word
    dropped = dropped == null ? List.of() : List.copyOf(dropped);
  }

  /** Of which nothing was dropped. */
  public ChunkTranscript(
      String language,
      double languageProbability,
      List<Segment> segments,
      String modelDigest,
      StageTimes times) {
    this(language, languageProbability, segments, List.of(), modelDigest, times);
  }

  /** Milliseconds of wall time a chunk spent in each stage on its worker. */
  public record StageTimes(
      double fetchMs, double queueMs, double melMs, double encodeMs, double decodeMs) {}
}
