package io.sotto.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Where in the sound a strand listened at each token it heard, from the start of the transcript on,
 * and how sure it was of those it chose.
 */
final class Trace {
  private final List<short[]> heard;
  private final List<Double> logprobs;

  Trace() {
    this(new ArrayList<>(), new ArrayList<>());
  }

  private Trace(List<short[]> heard, List<Double> logprobs) {
    this.heard = heard;
    this.logprobs = logprobs;
  }

  /** {@code attention} of the token at {@code place}; a token heard again counts once. */
  void hear(int place, short[] attention) {
    if (place < heard.size()) {
      heard.set(place, attention);
    } else {
      heard.add(attention);
    }
  }

  void choose(double logprob) {
    logprobs.add(logprob);
  }

  /** [alignment heads, frames] a token, before softmax, in half precision. */
  List<short[]> heard() {
    return heard;
  }

  /** One a token that was chosen. */
  List<Double> logprobs() {
    return logprobs;
  }

  double[] probabilities() {
    return logprobs.stream().mapToDouble(Math::exp).toArray();
  }

  Trace copy() {
    return new Trace(new ArrayList<>(heard), new ArrayList<>(logprobs));
  }
}
