package io.sotto.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a lane decodes with: the graphs and what turns their numbers into choices. Belongs to the
 * lane's thread.
 */
final class Ear {
  private static final int RULES_KEPT = 8;
  final ModelBundle bundle;
  final TokenIds ids;
  final Tokenizer tokenizer;
  final Graphs graphs;
  final Effort effort;
  final LogMel mel;
  final Segmenter segmenter;
  final RowMask[] masks;
  final float[] logits;
  private final Map<List<Object>, DecodingRules> rules = new HashMap<>();

  Ear(ModelBundle bundle, Graphs graphs, int rows, Effort effort) {
    this.effort = effort;
    this.bundle = bundle;
    this.graphs = graphs;
    this.ids = bundle.tokens();
    this.tokenizer = bundle.tokenizer();
    this.mel = new LogMel(bundle.dimensions().melBins());
    this.segmenter = new Segmenter(ids, tokenizer);
    this.masks = new RowMask[rows];
    this.logits = new float[bundle.dimensions().vocabulary()];
    for (int row = 0; row < rows; row++) {
      masks[row] = new RowMask(graphs.mask(row), ids.firstTimestamp());
    }
  }

  DecodingRules rules(DecodingOptions options) {
    if (rules.size() > RULES_KEPT) {
      rules.clear();
    }
    return rules.computeIfAbsent(
        DecodingRules.key(options), key -> new DecodingRules(ids, options));
  }

  /** A language and how likely it is among all that were allowed. */
  record Heard(String language, double probability, Map<String, Double> all) {}

  /** Reads the language off the step after the start of the transcript. */
  Heard language(int row, Set<String> allowed) {
    Map<String, Double> likely = new HashMap<>();
    double max = Double.NEGATIVE_INFINITY;
    for (Map.Entry<String, Integer> language : ids.languages().entrySet()) {
      if (allowed.isEmpty() || allowed.contains(language.getKey())) {
        double logit = graphs.logit(row, language.getValue());
        likely.put(language.getKey(), logit);
        max = Math.max(max, logit);
      }
    }
    double sum = 0;
    for (double logit : likely.values()) {
      sum += Math.exp(logit - max);
    }
    String best = "";
    for (Map.Entry<String, Double> language : likely.entrySet()) {
      language.setValue(Math.exp(language.getValue() - max) / sum);
      best = best.isEmpty() || language.getValue() > likely.get(best) ? language.getKey() : best;
    }
    return new Heard(best, likely.get(best), likely);
  }

  /** How likely the window holds no speech, from the same step. */
  double noSpeech(int row) {
    double all = DecodingRules.logAdd(graphs.textLogSum(row), graphs.timestampLogSum(row));
    return Math.exp(graphs.logit(row, ids.noSpeech()) - all);
  }
}
