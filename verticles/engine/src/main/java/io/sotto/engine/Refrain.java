package io.sotto.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Tells a passage that was said two or three times (a refrain, a prompt, a sentence to repeat) from
 * a decoder that goes round in circles. Both compress well; a circle is short and turns often,
 * until the text is full. Pure.
 */
final class Refrain {
  /** Circles of Whisper's are words or half sentences. */
  private static final int WORDS_MIN = 8;

  /** The second time may be cut off by the end of the window. */
  private static final double TIMES_MIN = 1.5;

  private static final double TIMES_MAX = 3;

  /** Words of the second time that may differ from the first. */
  private static final double DIFFERING_MAX = 0.1;

  private Refrain() {}

  /** Whether {@code text} is one passage of eight words or more, said at most three times. */
  static boolean is(String text) {
    List<String> words =
        Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}']+"))
            .filter(word -> !word.isEmpty())
            .toList();
    int period = 1;
    while (period < words.size() && !repeats(words, period)) {
      period++;
    }
    double times = (double) words.size() / period;
    return period >= WORDS_MIN && times >= TIMES_MIN && times <= TIMES_MAX;
  }

  private static boolean repeats(List<String> words, int period) {
    int compared = words.size() - period;
    int differing = 0;
    for (int i = 0; i < compared; i++) {
      differing += words.get(i).equals(words.get(i + period)) ? 0 : 1;
    }
    return differing <= DIFFERING_MAX * compared;
  }
}
