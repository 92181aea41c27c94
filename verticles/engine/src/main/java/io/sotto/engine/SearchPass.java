package io.sotto.engine;

import java.util.ArrayList;
import java.util.List;

/** A pass that looks for a text: what greedy decoding, drawing and beam search have in common. */
abstract class SearchPass implements Pass {
  final Ear ear;
  final DecodingRules rules;
  final DecodingOptions options;
  final Prelude prelude;
  final List<Strand> strands;
  final List<Hypothesis> done = new ArrayList<>();
  private boolean listening;

  /** Begins a text in each of {@code strands}. */
  SearchPass(Ear ear, DecodingOptions options, Prelude prelude, List<Strand> strands) {
    this.ear = ear;
    this.rules = ear.rules(options);
    this.options = options;
    this.prelude = prelude;
    this.strands = strands;
    strands.forEach(strand -> strand.begin(prelude.tokens()));
  }

  @Override
  public final List<Strand> strands() {
    return strands.stream().filter(strand -> !strand.ended).toList();
  }

  @Override
  public final void beforeStep() {
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
  public final void afterStep() {
    List<Strand> live = strands();
    if (listening) {
      prelude.listen(live);
    } else {
      heard(live);
    }
  }

  /** Goes on after {@code live} heard a token each. */
  abstract void heard(List<Strand> live);

  @Override
  public final boolean ended() {
    return strands().isEmpty();
  }

  final Hypothesis best() {
    return Hypothesis.best(done, options.lengthPenalty());
  }
}
