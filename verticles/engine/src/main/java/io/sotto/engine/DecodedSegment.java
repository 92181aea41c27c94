package io.sotto.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A segment of a window, fields as in openai/whisper's {@code transcribe}: times in seconds from
 * the start of the window, {@code text} with its leading space, {@code tokens} with the timestamp
 * tokens; {@code words} where they were asked for. {@code doubt} says why the text may be invented,
 * null when nothing speaks for it. {@code logprobs} are its text tokens one after the other, whose
 * bytes together are the text; null where they were not asked for.
 */
public record DecodedSegment(
    double start,
    double end,
    String text,
    List<Integer> tokens,
    double temperature,
    double avgLogprob,
    double compressionRatio,
    double noSpeechProb,
    List<DecodedWord> words,
    @Nullable Doubt doubt,
    @Nullable List<DecodedToken> logprobs) {

  /** Why a text may not be in the sound. */
  public enum Doubt {
    /** The model itself heard no speech, and was unsure of the words. */
    NO_SPEECH,
    /** It compresses too well at every temperature: it goes round in circles. */
    COMPRESSION,
    /** The same words several times over, segment after segment. */
    REPETITION,
    /** There is no sound to speak of where it claims to be. */
    SILENCE
  }

  public DecodedSegment {
    tokens = List.copyOf(tokens);
    words = List.copyOf(words);
    logprobs = logprobs == null ? null : List.copyOf(logprobs);
  }

  /** One whose tokens nobody asked for. */
  public DecodedSegment(
      double start,
      double end,
      String text,
      List<Integer> tokens,
      double temperature,
      double avgLogprob,
      double compressionRatio,
      double noSpeechProb,
      List<DecodedWord> words,
      @Nullable Doubt doubt) {
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

  DecodedSegment timed(double from, double to, List<DecodedWord> said) {
    return new DecodedSegment(
        from,
        to,
        text,
        tokens,
        temperature,
        avgLogprob,
        compressionRatio,
        noSpeechProb,
        said,
        doubt,
        logprobs);
  }

  DecodedSegment withoutWords() {
    return timed(start, end, List.of());
  }

  DecodedSegment doubted(@Nullable Doubt why) {
    return new DecodedSegment(
        start,
        end,
        text,
        tokens,
        temperature,
        avgLogprob,
        compressionRatio,
        noSpeechProb,
        words,
        why,
        logprobs);
  }

  DecodedSegment with(List<DecodedToken> said) {
    return new DecodedSegment(
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
        said);
  }
}
