package io.sotto.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every text of a stretch begins with: what was said before, the start, language and task. The
 * step that hears the start also says how likely there is no speech, and which language is spoken
 * when that was not given.
 */
final class Prelude {
  private final Ear ear;
  private final DecodingOptions options;
  private final List<Integer> previous;
  private Ear.@Nullable Heard heard;
  private double noSpeechProb = Double.NaN;

  /** {@code heard} is the language when it is known already; {@code previous} may be empty. */
  Prelude(Ear ear, DecodingOptions options, List<Integer> previous, Ear.@Nullable Heard heard) {
    this.ear = ear;
    this.options = options;
    this.previous = previous;
    this.heard = heard;
  }

  /** The prompt as far as it is known. */
  List<Integer> tokens() {
    List<Integer> tokens = new ArrayList<>(previous);
    tokens.add(ear.ids.startOfTranscript());
    if (languageKnown()) {
      tokens.addAll(rest());
    }
    return tokens;
  }

  private boolean languageKnown() {
    return !ear.ids.multilingual() || heard != null;
  }

  private List<Integer> rest() {
    List<Integer> rest = new ArrayList<>();
    if (ear.ids.multilingual()) {
      int token = ear.ids.languages().get(java.util.Objects.requireNonNull(heard).language());
      rest.addAll(ear.ids.languageAndTask(token, options.translate()));
    }
    if (options.timestamps() != DecodingOptions.Timestamps.TOKENS) {
      rest.add(ear.ids.noTimestamps());
    }
    return rest;
  }

  /**
   * Whether the coming step, with which {@code strand} hears the start, is listened to instead of
   * chosen from: once a stretch, without any rule.
   */
  boolean listens(Strand strand) {
    return Double.isNaN(noSpeechProb) && strand.fed == previous.size();
  }

  /** Tokens before the start, which tell nothing of where in the sound something is. */
  int before() {
    return previous.size();
  }

  /** Tokens of the prompt before the one that says there are no timestamps. */
  int untilText() {
    return tokens().size() - 1 - before();
  }

  /** Listens; all of {@code strands} took the same step. */
  void listen(List<Strand> strands) {
    int row = strands.getFirst().row;
    noSpeechProb = ear.noSpeech(row);
    if (!languageKnown()) {
      heard = ear.language(row, options.languages());
      strands.forEach(strand -> strand.extend(rest()));
    }
    for (Strand strand : strands) {
      if (!strand.chooses()) {
        strand.fed++; // else it hears its last token again, with the rules
      }
    }
  }

  double noSpeechProb() {
    return noSpeechProb;
  }

  Ear.@Nullable Heard heard() {
    return heard;
  }
}
