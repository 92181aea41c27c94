package io.sotto.engine;

import java.util.ArrayList;
import java.util.Collections;
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

  /**
   * Gives {@code segments}, which are pieces of this text one after the other, the logprobs of
   * their text tokens. A piece may be missing between two: what is blank is no segment.
   */
  List<DecodedSegment> withLogprobs(
      List<DecodedSegment> segments, Tokenizer tokenizer, int endOfText) {
    List<DecodedSegment> told = new ArrayList<>();
    int from = 0;
    for (DecodedSegment segment : segments) {
      List<Integer> piece = segment.tokens();
      from += Collections.indexOfSubList(tokens.subList(from, tokens.size()), piece);
      List<DecodedToken> said = new ArrayList<>();
      for (int i = from; i < from + piece.size(); i++) {
        if (tokens.get(i) < endOfText) {
          double logprob = Math.min(0, trace.logprobs().get(i)); // sums of floats are not exact
          said.add(tokenizer.said(tokens.get(i), logprob));
        }
      }
      from += piece.size();
      told.add(segment.with(said));
    }
    return told;
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
