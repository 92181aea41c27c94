package io.sotto.http.subtitle;

import io.sotto.protocol.Segment;
import io.sotto.protocol.Word;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Segments taken apart where a line may end: before a space; in languages without spaces, where
 * their rules for lines allow it. Words have the times that are stored; where none are, a segment's
 * time is shared out by characters. Pure.
 */
final class Units {
  /** Languages that Whisper writes without spaces. */
  private static final Set<String> WITHOUT_SPACES = Set.of("zh", "ja", "th", "lo", "my", "yue");

  /** Those whose words nobody can tell apart here: their lines end between characters. */
  private static final Set<String> BY_CHARACTER = Set.of("lo", "my");

  private static final Pattern CHARACTER = Pattern.compile("\\X");

  private final String language;
  private final List<Unit> units = new ArrayList<>();

  /** Times never go back, whatever segments say that overlap. */
  private double reached;

  private Units(String language) {
    this.language = language;
  }

  static List<Unit> of(List<Segment> segments, String language) {
    Units all = new Units(language);
    segments.forEach(all::add);
    return all.units;
  }

  private void add(Segment segment) {
    String text = Text.clean(segment.text());
    if (text.isBlank()) {
      return;
    }
    IntPredicate breaks = breaks(text);
    List<Word> words = stored(segment, text);
    List<Word> together = new ArrayList<>();
    int at = 0;
    boolean visible = false;
    for (Word word : words.isEmpty() ? shared(segment, text, breaks) : words) {
      boolean seen = !word.word().isBlank();
      if (visible && seen && breaks.test(at)) {
        units.add(Unit.of(together, false));
        together.clear();
      }
      together.add(forward(word));
      at += word.word().length();
      visible |= seen;
    }
    units.add(Unit.of(together, true));
  }

  private Word forward(Word word) {
    reached = Math.max(reached, word.start());
    return new Word(word.word(), reached, Math.max(reached, word.end()), word.probability());
  }

  /** Its words, or none unless together they are the text. */
  private static List<Word> stored(Segment segment, String text) {
    List<Word> words =
        segment.words().stream()
            .map(w -> new Word(Text.clean(w.word()), w.start(), w.end(), w.probability()))
            .toList();
    String said = words.stream().map(Word::word).collect(Collectors.joining());
    return said.equals(text) ? words : List.of();
  }

  private List<Word> shared(Segment segment, String text, IntPredicate breaks) {
    double perCharacter = (segment.end() - segment.start()) / text.length();
    List<Word> words = new ArrayList<>();
    int from = 0;
    int written = text.stripTrailing().length();
    for (int at = 1; at <= text.length(); at++) {
      boolean cut = at < written && breaks.test(at) && !text.substring(from, at).isBlank();
      if (at == text.length() || cut) {
        double start = segment.start() + from * perCharacter;
        double end = segment.start() + at * perCharacter;
        words.add(new Word(text.substring(from, at), start, end, 1));
        from = at;
      }
    }
    return words;
  }

  /** Whether a line may end before the character at an index of the text. */
  private IntPredicate breaks(String text) {
    if (!WITHOUT_SPACES.contains(language)) {
      return at -> at < text.length() && begins(text, at);
    }
    if (BY_CHARACTER.contains(language)) {
      Set<Integer> starts =
          CHARACTER.matcher(text).results().map(found -> found.start()).collect(Collectors.toSet());
      return at -> starts.contains(at) && !mark(text.codePointAt(at));
    }
    BreakIterator lines = BreakIterator.getLineInstance(Locale.forLanguageTag(language));
    lines.setText(text);
    return at -> at < text.length() && lines.isBoundary(at);
  }

  private static boolean mark(int character) {
    return switch (Character.getType(character)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
  }

  /** A space after a word: the next one begins with it. */
  private static boolean begins(String text, int at) {
    return Character.isWhitespace(text.charAt(at))
        && (at == 0 || !Character.isWhitespace(text.charAt(at - 1)));
  }
}
