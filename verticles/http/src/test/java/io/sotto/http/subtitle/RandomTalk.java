package io.sotto.http.subtitle;

import io.sotto.protocol.Segment;
import io.sotto.protocol.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** Talks that nobody gave: words, pauses, punctuation and mistakes of timing, drawn from a seed. */
final class RandomTalk {
  private static final String[] ENDS = {"", "", "", "", "", ",", ",", ".", "?", "!", ";"};
  private static final String[] ODD = {
    "<b>", "&amp;", "a&b", "-->", "--", "\"so\"", "\\n", "😀", "l'été", "x\u0000y", "1<2", "--->"
  };
  private final Random random;
  private final boolean spaces;
  private double at;

  RandomTalk(long seed, boolean spaces) {
    this.random = new Random(seed);
    this.spaces = spaces;
  }

  /** Two of three talks have words with spaces between them. */
  static boolean spaces(long seed) {
    return Math.floorMod(seed, 3) != 0;
  }

  List<Segment> segments() {
    List<Segment> segments = new ArrayList<>();
    int count = random.nextInt(12);
    for (int i = 0; i < count; i++) {
      segments.add(segment());
    }
    return segments;
  }

  private Segment segment() {
    at = Math.max(0, at + (random.nextInt(5) == 0 ? random.nextDouble() * 6 - 1 : 0.1));
    List<Word> words = new ArrayList<>();
    int count = random.nextInt(25);
    double start = at;
    for (int i = 0; i < count; i++) {
      double end = at + (random.nextInt(8) == 0 ? 0 : random.nextDouble() * 0.8);
      words.add(new Word(word(i), at, end, 0.5));
      at = end + (random.nextInt(10) == 0 ? random.nextDouble() * 4 : 0);
    }
    String text = words.stream().map(Word::word).collect(Collectors.joining());
    List<Word> kept = random.nextInt(3) == 0 ? List.of() : words;
    return new Segment(start, at, text, List.of(), 0, -0.2, 1, 0, kept);
  }

  private String word(int index) {
    if (!spaces) {
      // no two marks side by side: a character takes at most one along
      String mark = index % 2 == 0 && random.nextInt(4) == 0 ? "。" : "";
      return Character.toString(0x4e00 + random.nextInt(2000)) + mark;
    }
    if (random.nextInt(12) == 0) {
      return " " + ODD[random.nextInt(ODD.length)];
    }
    int length = random.nextInt(30) == 0 ? 30 : 1 + random.nextInt(9);
    StringBuilder word = new StringBuilder(" ");
    for (int i = 0; i < length; i++) {
      word.append((char) ('a' + random.nextInt(26)));
    }
    return word + ENDS[random.nextInt(ENDS.length)];
  }

  /** Limits, each of them there or not. */
  Shape shape() {
    return new Shape(
        random.nextBoolean() ? Integer.valueOf(8 + random.nextInt(50)) : null,
        random.nextBoolean() ? Integer.valueOf(1 + random.nextInt(3)) : null,
        random.nextInt(3) == 0 ? Integer.valueOf(1 + random.nextInt(8)) : null,
        random.nextBoolean(),
        random.nextBoolean() ? Double.valueOf(5 + random.nextInt(20)) : null,
        random.nextBoolean() ? Integer.valueOf(random.nextInt(200)) : null,
        random.nextBoolean() ? Integer.valueOf(random.nextInt(1500)) : null,
        random.nextBoolean() ? Integer.valueOf(1500 + random.nextInt(5000)) : null);
  }
}
