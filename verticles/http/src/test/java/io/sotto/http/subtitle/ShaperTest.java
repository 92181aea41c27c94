package io.sotto.http.subtitle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.protocol.Segment;
import io.sotto.protocol.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ShaperTest {
  private static final int TALKS = 600;

  private static Shape lines(Integer width, Integer count) {
    return new Shape(width, count, null, false, null, null, null, null);
  }

  private static Segment said(double start, double end, String text) {
    return new Segment(start, end, text, List.of(), 0, -0.2, 1, 0, List.of());
  }

  /** A word each {@code seconds}, but for a pause of {@code pause} before one. */
  private static Segment timed(String text, double seconds, int before, double pause) {
    List<Word> words = new ArrayList<>();
    double at = 0;
    for (String word : text.split(" ")) {
      at += words.size() == before ? pause : 0;
      words.add(new Word(" " + word, at, at + seconds, 0.9));
      at += seconds;
    }
    return new Segment(0, at, " " + text, List.of(), 0, -0.2, 1, 0, words);
  }

  private static List<String> texts(List<Segment> segments, String language, Shape shape) {
    return Shaper.shape(segments, language, 600_000, shape).stream()
        .map(cue -> String.join("|", cue.texts()))
        .toList();
  }

  @Test
  void aSpeechIsCutWhereItPauses() {
    Segment jfk =
        said(
            0,
            11,
            " And so my fellow Americans, ask not what your country can do for you, ask what you"
                + " can do for your country.");
    assertEquals(
        List.of(
            "And so my fellow Americans,",
            "ask not what your|country can do for you,",
            "ask what you can do|for your country."),
        texts(List.of(jfk), "en", lines(28, 2)));
  }

  @Test
  void sentencesComeBeforeClausesAndClausesBeforePauses() {
    assertEquals(
        List.of("One two.", "Three four,", "five six seven eight."),
        texts(
            List.of(timed("One two. Three four, five six seven eight.", 0.3, 0, 0)),
            "en",
            lines(22, 1)),
        "though one cut would do");
    assertEquals(
        List.of("One two three four.", "Five six seven eight."),
        texts(
            List.of(timed("One two three four. Five six seven eight.", 0.3, 0, 0)),
            "en",
            lines(38, 1)));
    assertEquals(
        List.of("one two three", "four five six seven eight"),
        texts(
            List.of(timed("one two three four five six seven eight", 0.3, 3, 0.9)),
            "en",
            lines(30, 1)),
        "the pause is before four");
    assertEquals(
        List.of("one two three four", "five six seven eight"),
        texts(
            List.of(timed("one two three four five six seven eight", 0.3, 0, 0)),
            "en",
            lines(30, 1)),
        "nothing speaks for one cut or another: even cues");
  }

  @Test
  void shortSentencesStandTogetherOnlyWhereOneAloneWouldFlash() {
    List<Segment> talk = List.of(said(0, 0.3, " No."), said(0.3, 2.5, " Not this time."));
    assertEquals(List.of("No.", "Not this time."), texts(talk, "en", lines(40, 2)));
    Shape slow = new Shape(40, 2, null, false, null, null, 1000, null);
    assertEquals(List.of("No. Not this time."), texts(talk, "en", slow));
  }

  @Test
  void withoutBothLimitsEverySegmentBeginsACue() {
    List<Segment> talk = List.of(said(0, 1, " so it goes"), said(1, 2, " on and on"));
    assertEquals(List.of("so it goes", "on and on"), texts(talk, "en", lines(40, null)));
    assertEquals(List.of("so it|goes", "on|and on"), texts(talk, "en", lines(6, null)));
    assertEquals(List.of("so it goes on and on"), texts(talk, "en", lines(40, 2)));
    Shape threes = new Shape(null, null, 2, false, null, null, null, null);
    assertEquals(List.of("so it", "goes", "on and", "on"), texts(talk, "en", threes));
  }

  @Test
  void wideCharactersTakeTwoColumnsAndLinesEndBetweenThem() {
    List<Segment> talk = List.of(said(0, 4, "今日は良い天気です。明日も晴れるでしょう。"));
    assertEquals(List.of("今日は良い|天気です。", "明日も晴れ|るでしょう。"), texts(talk, "ja", lines(12, 2)));
    assertEquals(List.of("今天天气", "很好。"), texts(List.of(said(0, 2, "今天天气很好。")), "zh", lines(8, 1)));
    assertEquals(6, Text.columns("今日ax"), "two, two, one, one");
    assertEquals(1, Text.columns("e\u0301"), "an accent of its own takes no room");
  }

  @Test
  void laoAndMyanmarAreCutBetweenWholeCharacters() {
    for (String language : List.of("lo", "my")) {
      String text = language.equals("lo") ? "ສະບາຍດີທຸກຄົນ" : "မင်္ဂလာပါခင်ဗျာ";
      for (Cue cue : Shaper.shape(List.of(said(0, 2, text)), language, 2000, lines(4, 1))) {
        String line = cue.texts().getFirst();
        assertTrue(Text.columns(line) <= 4, line);
        assertTrue(Character.isLetter(line.codePointAt(0)), "begins with a mark: " + line);
      }
    }
  }

  @Test
  void aWordWiderThanALineHasOneOfItsOwn() {
    String word = "Donaudampfschifffahrtsgesellschaft";
    assertEquals(
        List.of("Die", word, "fährt."),
        texts(List.of(said(0, 3, " Die " + word + " fährt.")), "de", lines(12, 1)));
  }

  @Test
  void titlesAndInitialsEndNoSentence() {
    assertEquals(
        List.of("I asked Dr. Smith", "and J. F. Kennedy."),
        texts(List.of(said(0, 3, " I asked Dr. Smith and J. F. Kennedy.")), "en", lines(20, 1)));
  }

  @Test
  void cuesStayUntilTheyAreReadIfSilenceFollows() {
    List<Segment> talk =
        List.of(said(0, 1, " Twenty characters it"), said(1.6, 2, " Short."), said(9, 10, " End."));
    Shape slow = new Shape(null, null, null, false, 10.0, 100, 800, 3000);
    List<Cue> cues = Shaper.shape(talk, "en", 10_200, slow);
    assertEquals(List.of(0L, 1600L, 9000L), cues.stream().map(Cue::startMs).toList());
    assertEquals(
        List.of(1500L, 2400L, 10_000L),
        cues.stream().map(Cue::endMs).toList(),
        "to the gap before the next; as long as it is read; as it was spoken");
  }

  @Test
  void storedTimesAreUsedUnlessTheyBelongToAnotherText() {
    Segment right = timed("one two three four", 0.5, 2, 1.5);
    Shape single = lines(11, 1);
    assertEquals(2500, Shaper.shape(List.of(right), "en", 9000, single).getLast().startMs());
    Segment other =
        new Segment(0, 4, " five six seven eight", List.of(), 0, 0, 1, 0, right.words());
    assertEquals(
        1714,
        Shaper.shape(List.of(other), "en", 9000, single).getLast().startMs(),
        "by characters");
  }

  @Test
  void whateverIsSaidNothingIsLostAndLimitsHold() {
    long seed = Long.getLong("sotto.subtitle.seed", new Random().nextLong());
    for (int i = 0; i < TALKS; i++) {
      boolean spaces = RandomTalk.spaces(seed + i);
      RandomTalk talk = new RandomTalk(seed + i, spaces);
      List<Segment> segments = talk.segments();
      Shape shape = talk.shape();
      long number = seed + i;
      long duration = segments.isEmpty() ? 0 : Math.round(segments.getLast().end() * 1000);
      List<Cue> cues = Shaper.shape(segments, spaces ? "en" : "zh", duration, shape);
      Supplier<String> what =
          () -> "-Dsotto.subtitle.seed=" + number + " " + shape + "\n" + segments + "\n" + cues;
      everyWord(segments, cues, what);
      for (int c = 0; c < cues.size(); c++) {
        lineLimits(cues.get(c), shape, spaces, what);
        times(cues, c, shape, duration, what);
      }
    }
  }

  private static void everyWord(List<Segment> segments, List<Cue> cues, Supplier<String> what) {
    String said = segments.stream().map(Segment::text).collect(Collectors.joining());
    String shown =
        cues.stream()
            .flatMap(cue -> cue.words().stream())
            .map(Word::word)
            .collect(Collectors.joining());
    assertEquals(said.replace('\u0000', ' '), shown, what);
  }

  private static void lineLimits(Cue cue, Shape shape, boolean spaces, Supplier<String> what) {
    int lines = cue.lines().size();
    assertTrue(shape.maxLineCount() == null || lines <= shape.maxLineCount(), what);
    for (String line : cue.texts()) {
      int words = spaces ? line.split(" +").length : line.replace("。", "").length();
      int columns = line.codePoints().map(c -> c > 0x3000 ? 2 : 1).sum();
      boolean alone = spaces && words == 1 || line.contains("x y");
      assertTrue(shape.maxLineWidth() == null || columns <= shape.maxLineWidth() || alone, what);
      assertTrue(
          shape.maxWordsPerLine() == null || words <= shape.maxWordsPerLine() || alone, what);
      assertTrue(words > 0 && !line.isBlank(), what);
    }
  }

  private static void times(
      List<Cue> cues, int index, Shape shape, long duration, Supplier<String> what) {
    Cue cue = cues.get(index);
    boolean last = index + 1 == cues.size();
    long stays = cue.endMs() - cue.startMs();
    assertTrue(stays > 0, what);
    long until = last ? Math.max(duration, cue.endMs()) : cues.get(index + 1).startMs();
    assertTrue(cue.endMs() <= until, what);
    long most = shape.maxCueMs() == null ? Long.MAX_VALUE : shape.maxCueMs();
    assertTrue(stays <= most, what);
    long gap = last || shape.minGapMs() == null ? 0 : shape.minGapMs();
    assertTrue(until - cue.endMs() >= gap || stays == 1, what);
    int characters =
        cue.words().stream().mapToInt(w -> w.word().codePointCount(0, w.word().length())).sum();
    double reading =
        shape.maxCharsPerSecond() == null ? 0 : characters * 1000 / shape.maxCharsPerSecond();
    double wanted = Math.max(reading, shape.minCueMs() == null ? 0 : shape.minCueMs());
    boolean asLongAsCanBe = stays == most || until - cue.endMs() <= gap || last;
    assertTrue(stays >= wanted || asLongAsCanBe, what);
  }
}
