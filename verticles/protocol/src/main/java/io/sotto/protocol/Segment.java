package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of text with its times, in seconds from the start of the recording, and the scores
 * Whisper gives it (names and meaning as in openai/whisper's {@code transcribe}). {@code text}
 * keeps its leading space; {@code tokens} include the timestamp tokens; {@code words} are there
 * when they were asked for, and together are the text. {@code doubt} says why the text may be
 * invented: {@code no_speech}, {@code compression}, {@code repetition}, {@code silence}; null when
 * nothing speaks for it. {@code logprobs} are its text tokens, whose bytes together are the text;
 * null when they were not asked for, or the worker is of a version before them.
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
    List<Word> words,
    @Nullable String doubt,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<TokenLogprob> logprobs) {
  public Segment {
    tokens = List.copyOf(tokens);
    words = List.copyOf(words);
    logprobs = logprobs == null ? null : List.copyOf(logprobs);
  }

  /** One whose tokens nobody asked for. */
  public Segment(
      double start,
      double end,
      String text,
      List<Integer> tokens,
      double temperature,
      double avgLogprob,
      double compressionRatio,
      double noSpeechProb,
      List<Word> words,
      @Nullable String doubt) {
    this(
        start,
        end,
        text,
        tokens,
        temperature,
        avgLogprob,
        compressionRatio,
        noSpeechProb,
        words,
        doubt,
        null);
  }

  /** One that nobody doubts. */
  public Segment(
      double start,
      double end,
      String text,
      List<Integer> tokens,
      double temperature,
      double avgLogprob,
      double compressionRatio,
      double noSpeechProb,
      List<Word> words) {
    this(
        start,
        end,
        text,
        tokens,
        temperature,
        avgLogprob,
        compressionRatio,
        noSpeechProb,
        words,
        null);
  }
}
