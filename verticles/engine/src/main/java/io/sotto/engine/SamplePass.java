package io.sotto.engine;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Greedy decoding at temperature 0; above, several texts drawn at random, of which the likeliest is
 * taken (openai/whisper {@code GreedyDecoder}, {@code MaximumLikelihoodRanker}). Draws that find no
 * free row come after the others.
 */
final class SamplePass extends SearchPass {
  private final double temperature;
  private final RandomGenerator random;
  private int toBegin;

  /** {@code seed} makes the draws of one window the same whenever it is decoded. */
  SamplePass(
      Ear ear,
      DecodingOptions options,
      Prelude prelude,
      List<Strand> rows,
      int frames,
      double temperature,
      long seed) {
    super(
        ear,
        options,
        prelude,
        rows.subList(0, Math.min(draws(options, temperature), rows.size())),
        frames);
    this.temperature = temperature;
    this.random = new java.util.SplittableRandom(seed);
    this.toBegin = draws(options, temperature) - strands.size();
  }

  private static int draws(DecodingOptions options, double temperature) {
    return temperature == 0 ? 1 : options.bestOf();
  }

  @Override
  void heard(List<Strand> live) {
    for (Strand strand : live) {
      boolean choosing = strand.chooses();
      strand.fed++;
      if (choosing) {
        choose(strand);
      }
    }
  }

  private void choose(Strand strand) {
    Graphs graphs = ear.graphs;
    int row = strand.row;
    boolean due = rules.timestampDue(graphs, row);
    int token = temperature == 0 ? likeliest(row, due) : draw(row, due);
    double logprob = graphs.logit(row, token) - rules.logSum(graphs, row, due);
    strand.sumLogprob += logprob;
    if (token == ear.ids.endOfText()) {
      end(strand);
      return;
    }
    strand.tokens.append(token);
    strand.trace.choose(logprob);
    if (Limits.full(strand)) {
      end(strand);
    }
  }

  private int likeliest(int row, boolean due) {
    return due
        ? ear.ids.firstTimestamp() + ear.graphs.bestTimestamp(row)
        : ear.graphs.bestText(row);
  }

  private int draw(int row, boolean due) {
    float[] logits = ear.logits;
    ear.graphs.logits(row, logits);
    int from = due ? ear.ids.firstTimestamp() : 0;
    double max = due ? ear.graphs.bestTimestampLogit(row) : ear.graphs.bestTextLogit(row);
    double sum = 0;
    for (int i = from; i < logits.length; i++) {
      sum += Math.exp((logits[i] - max) / temperature);
    }
    double rest = random.nextDouble() * sum;
    for (int i = from; i < logits.length; i++) {
      rest -= Math.exp((logits[i] - max) / temperature);
      if (rest <= 0 && logits[i] > Graphs.NEVER / 2) {
        return i;
      }
    }
    return likeliest(row, due);
  }

  private void end(Strand strand) {
    done.add(strand.hypothesis());
    strand.ended = true;
    if (toBegin > 0) {
      toBegin--;
      strand.begin(prelude.tokens());
    }
  }
}
