package io.sotto.engine;

import io.sotto.engine.WordAligner.TokenTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Tokens with times become words with times: split at spaces, or at characters in languages that
 * use none; very long ones at sentence ends shortened; punctuation merged into its neighbour
 * (openai/whisper {@code timing.py}, {@code tokenizer.py}). Pure.
 */
final class Words {
  private static final Set<String> WITHOUT_SPACES = Set.of("zh", "ja", "th", "lo", "my", "yue");
  private static final String SENTENCE_ENDS = ".。!！?？";
  private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  private static final double TYPICAL_SECONDS_MAX = 0.7;
  private static final char BROKEN = '\ufffd';

  private final Tokenizer tokenizer;
  private final DecodingOptions options;

  Words(Tokenizer tokenizer, DecodingOptions options) {
    this.tokenizer = tokenizer;
    this.options = options;
  }

  /** A word under construction: how many tokens, and when. */
  private static final class Timed {
    private String text;
    private int tokens;
    private double start;
    private double end;
    private double probability;

    Timed(String text, int tokens, double start, double end, double probability) {
      this.text = text;
      this.tokens = tokens;
      this.start = start;
      this.end = end;
      this.probability = probability;
    }

    double seconds() {
      return end - start;
    }

    DecodedWord word() {
      return new DecodedWord(text, start, end, probability);
    }
  }

  /** The words of a stretch and how long they typically are. */
  private record Spoken(List<Timed> words, double typical, double longest) {}

  /**
   * Gives {@code segments}, one after the other, their words.
   *
   * @param times one a text token of all segments
   * @param offset seconds of the window before the stretch
   * @param speechEnd where the segment before them ended
   */
  List<DecodedSegment> into(
      List<DecodedSegment> segments,
      List<List<Integer>> textTokens,
      List<TokenTime> times,
      String language,
      double offset,
      double speechEnd) {
    List<Integer> all = textTokens.stream().flatMap(List::stream).toList();
    Spoken spoken = spoken(all, times, language);
    List<DecodedSegment> timed = new ArrayList<>();
    int next = 0;
    double last = speechEnd;
    for (int s = 0; s < segments.size(); s++) {
      List<Timed> own = new ArrayList<>();
      int saved = 0;
      while (next < spoken.words.size() && saved < textTokens.get(s).size()) {
        Timed word = spoken.words.get(next++);
        saved += word.tokens;
        if (!word.text.isEmpty()) {
          word.start += offset;
          word.end += offset;
          own.add(word);
        }
      }
      DecodedSegment segment = fitted(segments.get(s), own, spoken, last);
      timed.add(segment);
      last = segment.end();
    }
    return monotone(timed, speechEnd);
  }

  /**
   * Makes segments of {@code text} by what was said when ({@link Sentences}).
   *
   * @param samples the window
   * @param times one a token of it
   * @param offset seconds of the window before the stretch
   * @param speechEnd where the segment before them ended
   */
  List<DecodedSegment> sentences(
      Segmenter.Decoded text,
      float[] samples,
      List<TokenTime> times,
      String language,
      double offset,
      double speechEnd) {
    Spoken spoken = spoken(text.tokens(), times, language);
    List<Timed> words = spoken.words.stream().filter(word -> !word.text.isEmpty()).toList();
    words.forEach(word -> word.start += offset);
    words.forEach(word -> word.end += offset);
    if (!words.isEmpty()) {
      afterPause(words, spoken, speechEnd);
    }
    List<DecodedWord> said =
        words.stream().map(word -> Pauses.without(word.word(), samples)).toList();
    List<DecodedSegment> segments = new ArrayList<>();
    int begin = 0;
    int token = 0;
    for (int end : Sentences.ends(said)) {
      int next = token;
      for (Timed word : words.subList(begin, end)) {
        next += word.tokens;
      }
      segments.add(text.segment(said.subList(begin, end), text.tokens().subList(token, next)));
      begin = end;
      token = next;
    }
    return monotone(segments, speechEnd);
  }

  private Spoken spoken(List<Integer> tokens, List<TokenTime> times, String language) {
    List<Timed> words = new ArrayList<>();
    int at = 0;
    for (List<Integer> word : split(tokens, language)) {
      double probability = 0;
      for (int i = at; i < at + word.size(); i++) {
        probability += times.get(i).probability() / word.size();
      }
      double start = times.get(at).start();
      double end = times.get(at + word.size() - 1).end();
      words.add(new Timed(tokenizer.decode(word), word.size(), start, end, probability));
      at += word.size();
    }
    double[] lengths =
        words.stream().mapToDouble(Timed::seconds).filter(s -> s > 0).sorted().toArray();
    double median = lengths.length == 0 ? 0 : median(lengths);
    double typical = Math.min(TYPICAL_SECONDS_MAX, median);
    shorten(words, 2 * typical);
    prepend(words);
    append(words);
    return new Spoken(words, typical, 2 * typical);
  }

  private static double median(double[] sorted) {
    int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }

  private List<List<Integer>> split(List<Integer> tokens, String language) {
    List<List<Integer>> characters = characters(tokens);
    if (WITHOUT_SPACES.contains(language)) {
      return characters;
    }
    List<List<Integer>> words = new ArrayList<>();
    for (List<Integer> piece : characters) {
      String text = tokenizer.decode(piece);
      boolean punctuation = !text.isBlank() && PUNCTUATION.contains(text.strip());
      if (words.isEmpty() || text.startsWith(" ") || punctuation) {
        words.add(new ArrayList<>(piece));
      } else {
        words.getLast().addAll(piece);
      }
    }
    return words;
  }

  /** The shortest runs of tokens that are whole characters. */
  private List<List<Integer>> characters(List<Integer> tokens) {
    String whole = tokenizer.decode(tokens);
    List<List<Integer>> runs = new ArrayList<>();
    List<Integer> run = new ArrayList<>();
    int offset = 0;
    for (int token : tokens) {
      run.add(token);
      String text = tokenizer.decode(run);
      int broken = text.indexOf(BROKEN);
      boolean meant =
          broken >= 0
              && offset + broken < whole.length()
              && whole.charAt(offset + broken) == BROKEN;
      if (broken < 0 || meant) {
        runs.add(run);
        run = new ArrayList<>();
        offset += text.length();
      }
    }
    if (!run.isEmpty()) {
      runs.add(run);
    }
    return runs;
  }

  private static void shorten(List<Timed> words, double longest) {
    for (int i = 1; i < words.size(); i++) {
      Timed word = words.get(i);
      if (word.seconds() <= longest || longest == 0) {
        continue;
      }
      if (endsSentence(word)) {
        word.end = word.start + longest;
      } else if (endsSentence(words.get(i - 1))) {
        word.start = word.end - longest;
      }
    }
  }

  private static boolean endsSentence(Timed word) {
    return word.text.length() == 1 && SENTENCE_ENDS.contains(word.text);
  }

  private void prepend(List<Timed> words) {
    int j = words.size() - 1;
    for (int i = words.size() - 2; i >= 0; i--) {
      Timed before = words.get(i);
      Timed after = words.get(j);
      if (before.text.startsWith(" ")
          && !before.text.isBlank()
          && options.prependPunctuations().contains(before.text.strip())) {
        after.text = before.text + after.text;
        after.tokens += before.tokens;
        before.text = "";
        before.tokens = 0;
      } else {
        j = i;
      }
    }
  }

  private void append(List<Timed> words) {
    int i = 0;
    for (int j = 1; j < words.size(); j++) {
      Timed before = words.get(i);
      Timed after = words.get(j);
      if (!before.text.endsWith(" ")
          && !after.text.isEmpty()
          && options.appendPunctuations().contains(after.text)) {
        before.text = before.text + after.text;
        before.tokens += after.tokens;
        after.text = "";
        after.tokens = 0;
      } else {
        i = j;
      }
    }
  }

  /** Where a word and its segment disagree about the time, the likelier of the two wins. */
  private static DecodedSegment fitted(
      DecodedSegment segment, List<Timed> words, Spoken spoken, double speechEnd) {
    if (words.isEmpty()) {
      return segment;
    }
    Timed first = words.getFirst();
    Timed last = words.getLast();
    afterPause(words, spoken, speechEnd);
    double start = segment.start();
    double end = segment.end();
    if (start < first.end && start - 0.5 > first.start) {
      first.start = Math.max(0, Math.min(first.end - spoken.typical, start));
    } else {
      start = first.start;
    }
    if (end > last.start && end + 0.5 < last.end) {
      last.end = Math.max(last.start + spoken.typical, end);
    } else {
      end = last.end;
    }
    return segment.timed(start, end, words.stream().map(Timed::word).toList());
  }

  /** The first words after a pause are not as long as the pause. */
  private static void afterPause(List<Timed> words, Spoken spoken, double speechEnd) {
    Timed first = words.getFirst();
    boolean long1 = first.seconds() > spoken.longest;
    boolean long2 = words.size() > 1 && words.get(1).end - first.start > 2 * spoken.longest;
    if (first.end - speechEnd <= 4 * spoken.typical || !long1 && !long2) {
      return;
    }
    if (words.size() > 1 && words.get(1).seconds() > spoken.longest) {
      Timed second = words.get(1);
      double boundary = Math.max(second.end / 2, second.end - spoken.longest);
      first.end = boundary;
      second.start = boundary;
    }
    first.start = Math.max(0, first.end - spoken.longest);
  }

  /** Words never overlap and never run backwards; segments hold their words. */
  private static List<DecodedSegment> monotone(List<DecodedSegment> segments, double from) {
    List<DecodedSegment> ordered = new ArrayList<>();
    double last = from;
    for (DecodedSegment segment : segments) {
      List<DecodedWord> words = new ArrayList<>();
      double begin = Math.max(segment.start(), last);
      for (DecodedWord word : segment.words()) {
        double start = rounded(Math.max(word.start(), last));
        double end = rounded(Math.max(word.end(), start));
        words.add(new DecodedWord(word.text(), start, end, word.probability()));
        last = end;
      }
      double start = rounded(words.isEmpty() ? begin : words.getFirst().start());
      double end = rounded(words.isEmpty() ? Math.max(begin, segment.end()) : last);
      last = Math.max(last, end);
      ordered.add(segment.timed(start, end, words));
    }
    return ordered;
  }

  private static double rounded(double seconds) {
    return Math.round(seconds * 100) / 100.0;
  }
}
