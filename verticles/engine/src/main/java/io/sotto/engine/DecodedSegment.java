package io.sotto.engine;

import java.util.List;

/**
 * A segment of a window, fields as in openai/whisper's {@code transcribe}: times in seconds from
 * the start of the window, {@code text} with its leading space, {@code tokens} with the timestamp
 * tokens.
 */
public record DecodedSegment(
    double start,
    double end,
    String text,
    List<Integer> tokens,
    double temperature,
    double avgLogprob,
    double compressionRatio,
    double noSpeechProb) {
  public DecodedSegment {
    tokens = List.copyOf(tokens);
  }
}
