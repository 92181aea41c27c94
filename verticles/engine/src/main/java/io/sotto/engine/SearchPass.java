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
  private final int frames;
  private boolean listening;

  /** Begins a text in each of {@code strands}, whose window has {@code frames}. */
  SearchPass(Ear ear, DecodingOptions options, Prelude prelude, List<Strand> strands, int frames) {
    this.ear = ear;
    this.frames = options.timestamps() == DecodingOptions.Timestamps.ALIGNED ? frames : 0;
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
    if (frames > 0) {
      live.forEach(this::trace);
    }
    if (listening) {
      prelude.listen(live);
    } else {
      heard(live);
    }
  }

  private void trace(Strand strand) {
    int place = strand.fed - prelude.before();
    if (place >= 0) {
      strand.trace.hear(place, ear.graphs.alignment(strand.row, frames));
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
