package io.sotto.http;

import io.sotto.protocol.Decoding;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants more of, as {@code GET /api/v1/models/quality-preferences} lists it: which
 * models it prefers, and how they decode where the request says nothing of it.
 */
enum Quality {
  SPEED(
      "Speed",
      "The smallest model that fits; greedy, one pass, nothing is tried again",
      List.of(0.0),
      1,
      1),
  BALANCED(
      "Balanced",
      "The server's default model where it fits; the engine's own decoding: greedy, tried again at"
          + " higher temperatures where a result fails a threshold",
      null,
      null,
      null),
  ACCURACY(
      "Accuracy",
      "The largest model that is measured faster than real time, or else the default; beam of 3,"
          + " best of 3",
      null,
      3,
      3),
  PRECISION("Precision", "The largest model, however slow; beam of 5, best of 5", null, 5, 5);

  private final String title;
  private final String description;
  private final @Nullable List<Double> temperatures;
  private final @Nullable Integer beamSize;
  private final @Nullable Integer bestOf;

  Quality(
      String title,
      String description,
      @Nullable List<Double> temperatures,
      @Nullable Integer beamSize,
      @Nullable Integer bestOf) {
    this.title = title;
    this.description = description;
    this.temperatures = temperatures;
    this.beamSize = beamSize;
    this.bestOf = bestOf;
  }

  static Optional<Quality> parse(String key) {
    return List.of(values()).stream().filter(quality -> quality.key().equals(key)).findFirst();
  }

  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  String title() {
    return title;
  }

  String description() {
    return description;
  }

  @Nullable List<Double> temperatures() {
    return temperatures;
  }

  @Nullable Integer beamSize() {
    return beamSize;
  }

  @Nullable Integer bestOf() {
    return bestOf;
  }

  /**
   * {@code asked} with this quality's decoding where it leaves something open; a beam is no wider
   * than {@code beamMax}, which is what the chosen model's workers have rows for.
   */
  Decoding decoding(Decoding asked, int beamMax) {
    boolean sampled = asked.temperatures() != null;
    return new Decoding(
        sampled ? asked.temperatures() : temperatures,
        asked.beamSize() != null || beamSize == null
            ? asked.beamSize()
            : Integer.valueOf(Math.max(1, Math.min(beamSize, beamMax))),
        asked.bestOf() != null ? asked.bestOf() : bestOf,
        asked.patience(),
        asked.lengthPenalty(),
        asked.compressionRatioThreshold(),
        asked.logprobThreshold(),
        asked.noSpeechThreshold(),
        asked.conditionOnPreviousText(),
        asked.suppressBlank(),
        asked.suppressTokens(),
        asked.withoutTimestamps(),
        asked.maxInitialTimestamp(),
        asked.wordTimestamps(),
        asked.prependPunctuations(),
        asked.appendPunctuations(),
        asked.hotwords(),
        asked.languages(),
        asked.hallucinations(),
        asked.logprobs());
  }
}
