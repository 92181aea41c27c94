package io.sotto.engine;

/** How long texts get. */
final class Limits {
  /** Whisper's {@code sample_len}: half the text positions. */
  static final int TOKENS_MAX = 224;

  /** Whisper's text positions, prompt and text together. */
  private static final int POSITIONS = 448;

  private Limits() {}

  /** Nothing more can be said in this row. */
  static boolean full(Strand strand) {
    return strand.said() >= TOKENS_MAX || strand.tokens.size() >= POSITIONS;
  }
}
