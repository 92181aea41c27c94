package io.sotto.engine;

import java.util.Arrays;
import java.util.List;

/**
 * Which tokens may come next: Whisper's suppression lists and timestamp rules (Radford et al. 2022;
 * openai/whisper {@code decoding.py}: SuppressBlank, SuppressTokens, ApplyTimestampRules). They are
 * masks that the decoder graph adds to its logits; the last rule, that timestamps are due when all
 * together are likelier than any text, needs the result and is {@link #timestampDue}.
 */
final class DecodingRules {
  private static final double SECONDS_PER_TIMESTAMP = 0.02;
  private static final int MODELS_OWN = -1;

  private final TokenIds ids;
  private final boolean timestamps;
  private final int initialTimestamps;
  private final float[] open;
  private final float[] text;
  private final float[] begin;
  private final float[] endOnly;
  private final float[] nothing;
  private final float[] speech;

  DecodingRules(TokenIds ids, DecodingOptions options) {
    this.ids = ids;
    this.timestamps = options.timestamps() == DecodingOptions.Timestamps.TOKENS;
    this.initialTimestamps =
        (int) Math.round(options.maxInitialTimestamp() / SECONDS_PER_TIMESTAMP) + 1;
    int size = ids.firstTimestamp();
    open = new float[size];
    text = new float[size];
    for (int token : options.suppressTokens()) {
      if (token == MODELS_OWN) {
        never(text, ids.suppressed());
      } else if (token >= 0 && token < ids.endOfText()) {
        text[token] = Graphs.NEVER;
      }
    }
    never(text, ids.never());
    begin = text.clone();
    if (options.suppressBlank()) {
      never(begin, ids.suppressedAtBegin());
    }
    endOnly = text.clone();
    Arrays.fill(endOnly, 0, ids.endOfText(), Graphs.NEVER);
    nothing = new float[size];
    Arrays.fill(nothing, Graphs.NEVER);
    speech = new float[size];
    Arrays.fill(speech, ids.endOfText(), size, Graphs.NEVER);
  }

  private static void never(float[] mask, int[] tokens) {
    for (int token : tokens) {
      mask[token] = Graphs.NEVER;
    }
  }

  /** Anything may come: the model's own opinion is wanted. */
  void anything(RowMask mask) {
    mask.set(open, 0, mask.timestamps());
  }

  /** Only what is said: for the probabilities of words. */
  void onlySpeech(RowMask mask) {
    mask.set(speech, 0, 0);
  }

  /** What may follow {@code tokens}, of which those from {@code from} on are no prompt. */
  void next(IntList tokens, int from, RowMask mask) {
    int said = tokens.size() - from;
    if (!timestamps) {
      mask.set(said == 0 ? begin : text, 0, 0);
      return;
    }
    if (said == 0) {
      mask.set(nothing, 0, initialTimestamps);
      return;
    }
    boolean last = tokens.at(tokens.size() - 1) >= ids.firstTimestamp();
    boolean before = said < 2 || tokens.at(tokens.size() - 2) >= ids.firstTimestamp();
    if (last && before) {
      mask.set(text, 0, 0); // a closed pair is followed by text
      return;
    }
    int latest = latestTimestamp(tokens, from);
    // never backwards, and no segment of no length
    int first = latest < 0 ? 0 : latest - ids.firstTimestamp() + (last ? 0 : 1);
    mask.set(last ? endOnly : text, first, mask.timestamps());
  }

  private int latestTimestamp(IntList tokens, int from) {
    for (int i = tokens.size() - 1; i >= from; i--) {
      if (tokens.at(i) >= ids.firstTimestamp()) {
        return tokens.at(i);
      }
    }
    return -1;
  }

  /** All timestamps together are likelier than any one text token: then it is time for one. */
  boolean timestampDue(Graphs graphs, int row) {
    return timestamps && graphs.timestampLogSum(row) > graphs.bestTextLogit(row);
  }

  /** The logarithm of the sum over what may come after {@link #timestampDue} was looked at. */
  double logSum(Graphs graphs, int row, boolean due) {
    return due
        ? graphs.timestampLogSum(row)
        : logAdd(graphs.textLogSum(row), graphs.timestampLogSum(row));
  }

  static double logAdd(double a, double b) {
    double high = Math.max(a, b);
    return high + Math.log1p(Math.exp(Math.min(a, b) - high));
  }

  /** Whether {@code options} lead to the same masks as {@code others}. */
  static List<Object> key(DecodingOptions options) {
    return List.of(
        options.timestamps() == DecodingOptions.Timestamps.TOKENS,
        options.maxInitialTimestamp(),
        options.suppressBlank(),
        options.suppressTokens());
  }
}
