package io.sotto.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Feeds a known text once more, without timestamps, to hear where in the sound each token lies
 * (openai/whisper {@code timing.py}, {@code find_alignment}).
 */
final class AlignPass implements Pass {
  private final Ear ear;
  private final DecodingRules rules;
  private final Strand strand;
  private final int start;
  private final List<Integer> text;
  private final int frames;
  private final List<short[]> attention = new ArrayList<>();
  private final double[] probabilities;

  /** {@code before} is start, language and task; {@code text} holds no timestamps. */
  AlignPass(
      Ear ear,
      DecodingRules rules,
      Strand strand,
      int frames,
      List<Integer> before,
      List<Integer> text) {
    this.ear = ear;
    this.frames = frames;
    this.rules = rules;
    this.strand = strand;
    this.start = before.size();
    this.text = text;
    this.probabilities = new double[text.size()];
    List<Integer> all = new ArrayList<>(before);
    all.add(ear.ids.noTimestamps());
    all.addAll(text);
    all.add(ear.ids.endOfText());
    strand.begin(all);
  }

  @Override
  public List<Strand> strands() {
    return strand.ended ? List.of() : List.of(strand);
  }

  @Override
  public void beforeStep() {
    rules.onlySpeech(ear.masks[strand.row]);
  }

  @Override
  public void afterStep() {
    int at = strand.fed - start;
    if (at >= 0 && at < text.size()) {
      float logit = ear.graphs.logit(strand.row, text.get(at));
      probabilities[at] = Math.exp(logit - ear.graphs.textLogSum(strand.row));
    }
    attention.add(ear.graphs.alignment(strand.row, frames));
    strand.fed++;
    strand.ended = strand.fed == strand.tokens.size();
  }

  @Override
  public boolean ended() {
    return strand.ended;
  }

  /** When each token of the text begins and ends, in seconds, and how likely it was. */
  List<WordAligner.TokenTime> times(int sounding) {
    int heads = ear.bundle.dimensions().alignmentHeads();
    return WordAligner.align(attention, heads, start, sounding, probabilities);
  }
}
