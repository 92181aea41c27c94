package io.sotto.engine;

import java.util.List;

/** One hypothesis in one row of a lane: a prompt being fed token by token, then what is chosen. */
final class Strand {
  final int row;
  IntList tokens = new IntList();
  Trace trace = new Trace();

  /** Tokens that are no choice of ours. */
  int promptLength;

  /** Tokens the decoder has heard. */
  int fed;

  double sumLogprob;
  boolean ended;

  Strand(int row) {
    this.row = row;
  }

  void begin(List<Integer> prompt) {
    tokens = new IntList();
    trace = new Trace();
    prompt.forEach(tokens::append);
    promptLength = tokens.size();
    fed = 0;
    sumLogprob = 0;
    ended = false;
  }

  /** The prompt goes on: its language is known now. */
  void extend(List<Integer> more) {
    more.forEach(tokens::append);
    promptLength = tokens.size();
  }

  /** The next token to feed is the last there is: after it one is chosen. */
  boolean chooses() {
    return fed == tokens.size() - 1;
  }

  int said() {
    return tokens.size() - promptLength;
  }

  List<Integer> text() {
    return List.copyOf(tokens.subList(promptLength, tokens.size()));
  }

  /** A finished text. */
  Hypothesis hypothesis() {
    return new Hypothesis(text(), sumLogprob, Limits.full(this), trace);
  }

  /** Becomes what {@code other} is, in its own row. */
  void follow(Strand other) {
    tokens = other.tokens.copy();
    trace = other.trace.copy();
    promptLength = other.promptLength;
    fed = other.fed;
    sumLogprob = other.sumLogprob;
  }
}
