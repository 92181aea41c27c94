package io.sotto.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Greedy decoding at temperature 0; above, several texts drawn at random, of which the likeliest is
 * taken (openai/whisper {@code GreedyDecoder}, {@code MaximumLikelihoodRanker}). Draws that find no
 * free row come after the others.
 */
final class SamplePass implements Pass {
  private final Ear ear;
  private final DecodingRules rules;
  private final DecodingOptions options;
  private final Prelude prelude;
  private final double temperature;
  private final RandomGenerator random;
  private final List<Strand> strands;
  private final List<Hypothesis> done = new ArrayList<>();
  private int toBegin;
  private boolean listening;

  /** {@code seed} makes the draws of one window the same whenever it is decoded. */
  SamplePass(
      Ear ear,
      DecodingOptions options,
      Prelude prelude,
      List<Strand> rows,
      double temperature,
      long seed) {
    this.ear = ear;
    this.rules = ear.rules(options);
    this.options = options;
    this.prelude = prelude;
    this.temperature = temperature;
    this.random = new java.util.SplittableRandom(seed);
    int draws = temperature == 0 ? 1 : options.bestOf();
    this.strands = rows.subList(0, Math.min(draws, rows.size()));
    this.toBegin = draws - strands.size();
    strands.forEach(strand -> strand.begin(prelude.tokens()));
  }

  @Override
  public List<Strand> strands() {
    return strands.stream().filter(strand -> !strand.ended).toList();
  }

  @Override
  public void beforeStep() {
    List<Strand> live = strands();
    listening = prelude.listens(live.getFirst());
    for (Strand strand : live) {
      RowMask mask = ear.masks[strand.row];
      if (strand.chooses() && !listening) {
        rules.next(strand.tokens, strand.promptLength, mask);
      } else {
        rules.anything(mask);
      }
    }
  }

  @Override
  public void afterStep() {
    if (listening) {
      prelude.listen(strands());
      return;
    }
    for (Strand strand : strands()) {
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
    strand.sumLogprob += graphs.logit(row, token) - rules.logSum(graphs, row, due);
    if (token == ear.ids.endOfText()) {
      end(strand);
      return;
    }
    strand.tokens.append(token);
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
    done.add(new Hypothesis(strand.text(), strand.sumLogprob));
    strand.ended = true;
    if (toBegin > 0) {
      toBegin--;
      strand.begin(prelude.tokens());
    }
  }

  @Override
  public boolean ended() {
    return strands().isEmpty();
  }

  Hypothesis best() {
    return Hypothesis.best(done, options.lengthPenalty());
  }
}
