package io.sotto.engine;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a window is decoded; names and defaults are openai/whisper's ({@code transcribe.py}, {@code
 * decoding.py}), a null threshold is off.
 *
 * @param language Whisper code ("en"), or null to detect it
 * @param languages what detection may choose from; empty for all
 * @param translate into English instead of writing down what is said
 * @param prompt text said before the window, or null
 * @param hotwords words to expect, said before every window, or null
 * @param temperatures tried one after the other until a result passes the thresholds
 * @param beamSize hypotheses kept at temperature 0; 1 is greedy
 * @param bestOf samples drawn at temperatures above 0
 * @param patience beam search ends when {@code beamSize * patience} hypotheses have ended
 * @param lengthPenalty exponent of Google's length norm, or null to divide by the length
 * @param compressionRatioThreshold a text that compresses better than this is tried again
 * @param logprobThreshold one less likely than this (mean of its tokens) is tried again
 * @param noSpeechThreshold silent above this, unless the text is likelier than {@code
 *     logprobThreshold}
 * @param conditionOnPreviousText a window's later stretches are prompted with its earlier ones
 * @param suppressBlank no space or end at the begin
 * @param suppressTokens tokens that never come; -1 stands for the model's own list
 * @param timestamps where the times of segments come from
 * @param audioCtx the fewest encoder frames of 20 ms that a window is given, 1 to 1500; Whisper's
 *     own is always 1500
 * @param maxInitialTimestamp the latest begin of the first segment, in seconds
 * @param wordTimestamps times of words, from a second pass over the text
 * @param prependPunctuations punctuation that belongs to the next word
 * @param appendPunctuations punctuation that belongs to the word before
 * @param logprobs segments tell how sure the model was of each of their tokens
 * @param hallucinations what becomes of text that is hardly in the sound
 */
public record DecodingOptions(
    @Nullable String language,
    Set<String> languages,
    boolean translate,
    @Nullable String prompt,
    @Nullable String hotwords,
    List<Double> temperatures,
    int beamSize,
    int bestOf,
    double patience,
    @Nullable Double lengthPenalty,
    @Nullable Double compressionRatioThreshold,
    @Nullable Double logprobThreshold,
    @Nullable Double noSpeechThreshold,
    boolean conditionOnPreviousText,
    boolean suppressBlank,
    List<Integer> suppressTokens,
    Timestamps timestamps,
    int audioCtx,
    double maxInitialTimestamp,
    boolean wordTimestamps,
    String prependPunctuations,
    String appendPunctuations,
    boolean logprobs,
    Hallucinations hallucinations) {

  /** What is done with a segment that looks invented. */
  public enum Hallucinations {
    /** It stays, unmarked. */
    KEEP,
    /** It stays and says why it is doubted; what Whisper itself takes for silence goes. */
    FLAG,
    /** It goes. */
    DROP
  }

  /** Where the times of segments come from. */
  public enum Timestamps {
    /**
     * From where the model listened while it wrote: segments are sentences. The text is decoded
     * without timestamps, which neither costs tokens nor lets the model stop early (ADR 8).
     */
    ALIGNED,
    /** From the timestamps that the model writes between the words, as openai/whisper does. */
    TOKENS,
    /** There are none: one segment a window. */
    NONE
  }

  /** The most hypotheses or samples side by side. */
  public static final int WIDTH_MAX = 16;

  public DecodingOptions {
    languages = Set.copyOf(languages);
    temperatures = List.copyOf(temperatures);
    suppressTokens = List.copyOf(suppressTokens);
    require(!temperatures.isEmpty() && temperatures.size() <= 10, "1 to 10 temperatures");
    require(temperatures.stream().allMatch(t -> t >= 0 && t <= 2), "temperatures from 0 to 2");
    require(beamSize >= 1 && beamSize <= WIDTH_MAX, "beam_size from 1 to " + WIDTH_MAX);
    require(bestOf >= 1 && bestOf <= WIDTH_MAX, "best_of from 1 to " + WIDTH_MAX);
    require(patience > 0 && patience <= 10, "patience above 0, at most 10");
    require(
        lengthPenalty == null || lengthPenalty >= 0 && lengthPenalty <= 1,
        "length_penalty from 0 to 1");
    require(suppressTokens.size() <= 1_000, "at most 1000 suppress_tokens");
    require(
        maxInitialTimestamp >= 0 && maxInitialTimestamp <= 30,
        "max_initial_timestamp from 0 to 30");
    require(audioCtx >= 1 && audioCtx <= Frames.MOST, "audio_ctx from 1 to " + Frames.MOST);
    require(
        prependPunctuations.length() <= 100 && appendPunctuations.length() <= 100,
        "at most 100 punctuations");
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new EngineException(EngineException.Kind.BAD_REQUEST, otherwise);
    }
  }

  /** Whisper's defaults, greedy. */
  public static final DecodingOptions DEFAULTS = new Builder().build();

  /** These options, to be changed. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Collects what differs from {@link #DEFAULTS}. */
  public static final class Builder {
    private @Nullable String language;
    private Set<String> languages = Set.of();
    private boolean translate;
    private @Nullable String prompt;
    private @Nullable String hotwords;
    private List<Double> temperatures = List.of(0.0, 0.2, 0.4, 0.6, 0.8, 1.0);
    private int beamSize = 1;
    private int bestOf = 1;
    private double patience = 1;
    private @Nullable Double lengthPenalty;
    private @Nullable Double compressionRatioThreshold = 2.4;
    private @Nullable Double logprobThreshold = -1.0;
    private @Nullable Double noSpeechThreshold = 0.6;
    private boolean conditionOnPreviousText;
    private boolean suppressBlank = true;
    private List<Integer> suppressTokens = List.of(-1);
    private Timestamps timestamps = Timestamps.ALIGNED;
    private int audioCtx = Frames.LEAST;
    private double maxInitialTimestamp = 1;
    private boolean wordTimestamps;
    private String prependPunctuations = "\"'“¿([{-";
    private String appendPunctuations = "\"'.。,，!！?？:：”)]}、";
    private boolean logprobs;
    private Hallucinations hallucinations = Hallucinations.FLAG;

    public Builder() {}

    private Builder(DecodingOptions from) {
      language = from.language;
      languages = from.languages;
      translate = from.translate;
      prompt = from.prompt;
      hotwords = from.hotwords;
      temperatures = from.temperatures;
      beamSize = from.beamSize;
      bestOf = from.bestOf;
      patience = from.patience;
      lengthPenalty = from.lengthPenalty;
      compressionRatioThreshold = from.compressionRatioThreshold;
      logprobThreshold = from.logprobThreshold;
      noSpeechThreshold = from.noSpeechThreshold;
      conditionOnPreviousText = from.conditionOnPreviousText;
      suppressBlank = from.suppressBlank;
      suppressTokens = from.suppressTokens;
      timestamps = from.timestamps;
      audioCtx = from.audioCtx;
      maxInitialTimestamp = from.maxInitialTimestamp;
      wordTimestamps = from.wordTimestamps;
      prependPunctuations = from.prependPunctuations;
      appendPunctuations = from.appendPunctuations;
      logprobs = from.logprobs;
      hallucinations = from.hallucinations;
    }

    public Builder language(@Nullable String value) {
      language = value;
      return this;
    }

    public Builder languages(Set<String> value) {
      languages = value;
      return this;
    }

    public Builder translate(boolean value) {
      translate = value;
      return this;
    }

    public Builder prompt(@Nullable String value) {
      prompt = value;
      return this;
    }

    public Builder hotwords(@Nullable String value) {
      hotwords = value;
      return this;
    }

    public Builder temperatures(List<Double> value) {
      temperatures = value;
      return this;
    }

    public Builder beamSize(int value) {
      beamSize = value;
      return this;
    }

    public Builder bestOf(int value) {
      bestOf = value;
      return this;
    }

    public Builder patience(double value) {
      patience = value;
      return this;
    }

    public Builder lengthPenalty(@Nullable Double value) {
      lengthPenalty = value;
      return this;
    }

    public Builder compressionRatioThreshold(@Nullable Double value) {
      compressionRatioThreshold = value;
      return this;
    }

    public Builder logprobThreshold(@Nullable Double value) {
      logprobThreshold = value;
      return this;
    }

    public Builder noSpeechThreshold(@Nullable Double value) {
      noSpeechThreshold = value;
      return this;
    }

    public Builder conditionOnPreviousText(boolean value) {
      conditionOnPreviousText = value;
      return this;
    }

    public Builder suppressBlank(boolean value) {
      suppressBlank = value;
      return this;
    }

    public Builder suppressTokens(List<Integer> value) {
      suppressTokens = value;
      return this;
    }

    public Builder timestamps(Timestamps value) {
      timestamps = value;
      return this;
    }

    public Builder audioCtx(int value) {
      audioCtx = value;
      return this;
    }

    public Builder maxInitialTimestamp(double value) {
      maxInitialTimestamp = value;
      return this;
    }

    public Builder wordTimestamps(boolean value) {
      wordTimestamps = value;
      return this;
    }

    public Builder prependPunctuations(String value) {
      prependPunctuations = value;
      return this;
    }

    public Builder appendPunctuations(String value) {
      appendPunctuations = value;
      return this;
    }

    public Builder logprobs(boolean value) {
      logprobs = value;
      return this;
    }

    public Builder hallucinations(Hallucinations value) {
      hallucinations = value;
      return this;
    }

    public DecodingOptions build() {
      return new DecodingOptions(
          language,
          languages,
          translate,
          prompt,
          hotwords,
          temperatures,
          beamSize,
          bestOf,
          patience,
          lengthPenalty,
          compressionRatioThreshold,
          logprobThreshold,
          noSpeechThreshold,
          conditionOnPreviousText,
          suppressBlank,
          suppressTokens,
          timestamps,
          audioCtx,
          maxInitialTimestamp,
          wordTimestamps,
          prependPunctuations,
          appendPunctuations,
          logprobs,
          hallucinations);
    }
  }
}
