package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where words become segments. */
class SentencesTest {
  /** Half a second a word, one after the other; a number in brackets is a pause in seconds. */
  private static List<DecodedWord> said(String text) {
    List<DecodedWord> words = new ArrayList<>();
    double at = 0;
    for (String word : text.split(" ")) {
      if (word.startsWith("[")) {
        at += Double.parseDouble(word.substring(1, word.length() - 1));
      } else {
        words.add(new DecodedWord(" " + word, at, at + 0.5, 0.9));
        at += 0.5;
      }
    }
    return words;
  }

  private static List<String> cut(String text) {
    List<DecodedWord> words = said(text);
    List<String> pieces = new ArrayList<>();
    int begin = 0;
    for (int end : Sentences.ends(words)) {
      StringBuilder piece = new StringBuilder();
      words.subList(begin, end).forEach(word -> piece.append(word.text()));
      pieces.add(piece.toString().strip());
      begin = end;
    }
    assertEquals(words.size(), begin, "the last ends where the words end");
    return pieces;
  }

  @Test
  void aSentenceIsASegment() {
    assertEquals(
        List.of("Good morning Steve.", "Good morning, Katie!", "“Really?”", "Yes"),
        cut("Good morning Steve. Good morning, Katie! “Really?” Yes"));
  }

  @Test
  void pointsThatEndNoSentenceDoNot() {
    assertEquals(List.of("It was Dr. Smith at no. five."), cut("It was Dr. Smith at no. five."));
    List<DecodedWord> number =
        List.of(new DecodedWord(" 3.", 0, 1, 1), new DecodedWord("14", 1, 2, 1));
    assertEquals(List.of(2), Sentences.ends(number));
  }

  @Test
  void aLongPauseEndsOneToo() {
    assertEquals(List.of("one two", "three four"), cut("one two [1.2] three [0.8] four"));
  }

  @Test
  void whatIsTooLongIsCutAtAClause() {
    String clause = "a a a a a a a a a a a a a a a,";
    assertEquals(
        List.of(clause, clause + " b b"), cut(clause + " " + clause + " b b"), "at the comma");
    String endless = "a ".repeat(60).strip();
    assertEquals(List.of(28, 28, 4), cut(endless).stream().map(SentencesTest::count).toList());
  }

  private static int count(String piece) {
    return piece.split(" ").length;
  }

  @Test
  void sentencesWithoutSpacesAreFoundAsWell() {
    List<DecodedWord> words = new ArrayList<>();
    for (String character : List.of("你", "好。", "世", "界。")) {
      words.add(new DecodedWord(character, words.size(), words.size() + 1, 1));
    }
    assertEquals(List.of(2, 4), Sentences.ends(words));
    assertEquals(List.of(), Sentences.ends(List.of()));
  }
}
