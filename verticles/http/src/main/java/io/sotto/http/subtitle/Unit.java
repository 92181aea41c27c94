package io.sotto.http.subtitle;

import io.sotto.protocol.Word;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Words between which no line ends: mostly one, with the space before it.
 *
 * @param columns with that space; {@code bareColumns} without, as at the beginning of a line
 * @param last whether its segment ends with it
 */
record Unit(
    List<Word> words,
    int columns,
    int bareColumns,
    long startMs,
    long endMs,
    End end,
    boolean last) {
  /** What a unit ends, as its punctuation tells. */
  enum End {
    SENTENCE,
    CLAUSE,
    WORD
  }

  private static final String SENTENCE_ENDS = ".!?…。！？｡؟।॥";
  private static final String CLAUSE_ENDS = ",;:、，；：،؛–—";
  private static final String CLOSING = "\"'”’»)]）」』】";
  private static final Set<String> SHORTENED =
      Set.of(
          "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "bzw", "z.b", "u.s", "e.g",
          "i.e");

  static Unit of(List<Word> words, boolean last) {
    String text = words.stream().map(Word::word).collect(Collectors.joining());
    return new Unit(
        List.copyOf(words),
        Text.columns(text),
        Text.columns(text.strip()),
        Cue.ms(words.getFirst().start()),
        Cue.ms(words.getLast().end()),
        end(text.strip()),
        last);
  }

  private static End end(String text) {
    int at = text.length();
    while (at > 0 && CLOSING.indexOf(text.charAt(at - 1)) >= 0) {
      at--;
    }
    if (at == 0) {
      return End.WORD;
    }
    char mark = text.charAt(at - 1);
    if (SENTENCE_ENDS.indexOf(mark) >= 0) {
      return mark == '.' && shortened(text.substring(0, at - 1)) ? End.WORD : End.SENTENCE;
    }
    return CLAUSE_ENDS.indexOf(mark) >= 0 ? End.CLAUSE : End.WORD;
  }

  /** {@code Dr} and initials end no sentence. */
  private static boolean shortened(String word) {
    String bare = word.toLowerCase(java.util.Locale.ROOT);
    return SHORTENED.contains(bare) || bare.length() == 1 && Character.isLetter(bare.charAt(0));
  }
}
