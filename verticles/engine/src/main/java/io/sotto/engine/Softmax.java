package io.sotto.engine;

/** The normaliser of a stretch of logits: {@code log(sum(exp(logits)))}. */
record Softmax(double logSum) {
  /** Terms this far below the largest add less than 1e-10 each. */
  private static final float NEGLIGIBLE = 23;

  static Softmax of(float[] logits, int from, int to) {
    float max = logits[DecodingRules.argmax(logits, from, to)];
    if (max == Float.NEGATIVE_INFINITY) {
      return new Softmax(Double.NEGATIVE_INFINITY);
    }
    double sum = 0;
    for (int i = from; i < to; i++) {
      float below = logits[i] - max;
      if (below > -NEGLIGIBLE) {
        sum += Math.exp(below);
      }
    }
    return new Softmax(max + Math.log(sum));
  }

  double probability(float logit) {
    return Math.exp(logit - logSum);
  }
}
