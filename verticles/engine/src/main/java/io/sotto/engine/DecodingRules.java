package io.sotto.engine;

/**
 * Which token comes next: Whisper's greedy choice under its suppression lists and timestamp rules
 * (Radford et al. 2022; openai/whisper {@code decoding.py}: SuppressBlank, SuppressTokens,
 * ApplyTimestampRules). Pure: the logits go in, are masked in place, and a token comes out.
 */
final class DecodingRules {
  private static final float NEVER = Float.NEGATIVE_INFINITY;
  private final TokenIds ids;

  DecodingRules(TokenIds ids) {
    this.ids = ids;
  }

  /** A token and its natural log-probability among the tokens that were allowed. */
  record Choice(int token, double logprob) {}

  /**
   * Chooses after {@code tokens[from..)}, which is what the window has said so far. {@code logits}
   * ([vocabulary]) is masked in place.
   */
  Choice choose(float[] logits, IntList tokens, int from) {
    suppress(logits, tokens.size() == from);
    timestamps(logits, tokens, from);
    Softmax all = Softmax.of(logits, 0, logits.length);
    preferTimestamps(logits, all);
    int best = argmax(logits, 0, logits.length);
    return new Choice(best, logits[best] - all.logSum());
  }

  private void suppress(float[] logits, boolean begin) {
    for (int token : ids.suppressed()) {
      logits[token] = NEVER;
    }
    logits[ids.noTimestamps()] = NEVER;
    if (begin) {
      for (int token : ids.suppressedAtBegin()) {
        logits[token] = NEVER;
      }
    }
  }

  private void timestamps(float[] logits, IntList tokens, int from) {
    int said = tokens.size() - from;
    int first = ids.firstTimestamp();
    if (said == 0) {
      fill(logits, 0, first);
      fill(logits, first + ids.maxInitialTimestampIndex() + 1, logits.length);
      return;
    }
    boolean last = tokens.at(tokens.size() - 1) >= first;
    boolean before = said < 2 || tokens.at(tokens.size() - 2) >= first;
    if (last && before) {
      fill(logits, first, logits.length); // a closed pair is followed by text
    } else if (last) {
      fill(logits, 0, ids.endOfText()); // an opened one by its partner, or by the end
    }
    int latest = latestTimestamp(tokens, from);
    if (latest >= 0) {
      // never backwards, and no segment of no length
      fill(logits, first, latest + (last && !before ? 0 : 1));
    }
  }

  private int latestTimestamp(IntList tokens, int from) {
    for (int i = tokens.size() - 1; i >= from; i--) {
      if (tokens.at(i) >= ids.firstTimestamp()) {
        return tokens.at(i);
      }
    }
    return -1;
  }

  /** All timestamps together more likely than any one text token: then it is time for one. */
  private void preferTimestamps(float[] logits, Softmax all) {
    int first = ids.firstTimestamp();
    float bestText = logits[argmax(logits, 0, first)];
    if (Softmax.of(logits, first, logits.length).logSum() > bestText && all.logSum() > NEVER) {
      fill(logits, 0, first);
    }
  }

  private static void fill(float[] logits, int from, int to) {
    if (from < to) {
      java.util.Arrays.fill(logits, from, to, NEVER);
    }
  }

  static int argmax(float[] values, int from, int to) {
    int best = from;
    for (int i = from + 1; i < to; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
