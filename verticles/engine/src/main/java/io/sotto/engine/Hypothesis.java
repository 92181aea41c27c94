package io.sotto.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finished text: its tokens without prompt and end, and the sum of their log-probabilities;
 * {@code full} when it ended because nothing more could be said.
 */
record Hypothesis(List<Integer> tokens, double sumLogprob, boolean full, Trace trace) {
  /** The mean over the tokens and the end. */
  double avgLogprob() {
    return sumLogprob / (tokens.size() + 1);
  }

  /** The likeliest for its length (openai/whisper {@code MaximumLikelihoodRanker}). */
  static Hypothesis best(List<Hypothesis> all, @Nullable Double lengthPenalty) {
    Hypothesis best = all.getFirst();
    for (Hypothesis one : all) {
      best = one.score(lengthPenalty) > best.score(lengthPenalty) ? one : best;
    }
    return best;
  }

  private double score(@Nullable Double lengthPenalty) {
    double length = Math.max(1, tokens.size());
    double norm = lengthPenalty == null ? length : Math.pow((5 + length) / 6, lengthPenalty);
    return sumLogprob / norm;
  }
}
