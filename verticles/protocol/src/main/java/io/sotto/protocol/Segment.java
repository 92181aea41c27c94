package io.sotto.protocol;

import java.util.List;

/**
 * A stretch of text with its times, in seconds from the start of the recording, and the scores
 * Whisper gives it (names and meaning as in openai/whisper's {@code transcribe}). {@code text}
 * keeps its leading space; {@code tokens} include the timestamp tokens.
 */
public record Segment(
    double start,
    double end,
    String text,
    List<Integer> tokens,
    double temperature,
    double avgLogprob,
    double compressionRatio,
    double noSpeechProb,
    List<Word> words) {
  public Segment {
    tokens = List.copyOf(tokens);
    words = List.copyOf(words);
  }
}
