package io.sotto.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request says of how it wants to be decoded, under the names of openai/whisper's {@code
 * transcribe} and faster-whisper; null is the engine's default. A threshold of {@link #OFF} (or
 * {@code -OFF}, where less is worse) never strikes.
 *
 * @param temperatures tried one after the other until a result passes the thresholds
 * @param beamSize hypotheses at temperature 0; 1 is greedy
 * @param bestOf samples drawn at temperatures above 0
 * @param languages Whisper codes that detection may choose from
 * @param hallucinations {@code keep}, {@code flag} or {@code drop} what is hardly in the sound
 * @param logprobs whether segments tell how sure the model was of each token
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Decoding(
    @Nullable List<Double> temperatures,
    @Nullable Integer beamSize,
    @Nullable Integer bestOf,
    @Nullable Double patience,
    @Nullable Double lengthPenalty,
    @Nullable Double compressionRatioThreshold,
    @Nullable Double logprobThreshold,
    @Nullable Double noSpeechThreshold,
    @Nullable Boolean conditionOnPreviousText,
    @Nullable Boolean suppressBlank,
    @Nullable List<Integer> suppressTokens,
    @Nullable Boolean withoutTimestamps,
    @Nullable Double maxInitialTimestamp,
    @Nullable Boolean wordTimestamps,
    @Nullable String prependPunctuations,
    @Nullable String appendPunctuations,
    @Nullable String hotwords,
    @Nullable List<String> languages,
    @Nullable String hallucinations,
    @Nullable Boolean logprobs) {

  /** No result is as far from anything as this, and JSON has no infinity. */
  public static final double OFF = 1e9;

  /** Everything as the engine does it by itself. */
  public static final Decoding DEFAULT =
      new Decoding(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null, null, null, null, null);

  public Decoding {
    temperatures = temperatures == null ? null : List.copyOf(temperatures);
    suppressTokens = suppressTokens == null ? null : List.copyOf(suppressTokens);
    languages = languages == null ? null : List.copyOf(languages);
  }
}
