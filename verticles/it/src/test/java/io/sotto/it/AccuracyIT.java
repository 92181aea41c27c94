package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.ibm.icu.text.Transliterator;
import io.sotto.node.SottoNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real recordings in seven languages that lie beside the checkout, not in it. What was spoken is
 * known, and what the reference implementation (openai-whisper, fp32, the same weights) made of it.
 */
class AccuracyIT {
  private static final Path AUDIO = Recordings.HOME.resolve("../shared/audio");
  private static final double ABSOLUTE = 0.01;

  /** Whisper writes Chinese in either script, often with equal likelihood: the same words. */
  private static final Transliterator SIMPLIFIED =
      Transliterator.getInstance("Traditional-Simplified");

  @TempDir private Path data;

  /** Words, or characters where words are not spaced, that differ; and how many there are. */
  private record Errors(int wrong, int all) {
    Errors plus(Errors more) {
      return new Errors(wrong + more.wrong, all + more.all);
    }

    double rate() {
      return (double) wrong / all;
    }
  }

  @Test
  void asExactAsTheReference() throws Exception {
    Assumptions.assumeTrue(
        Files.isDirectory(AUDIO), "no ../shared/audio: accuracy on real recordings was not tried");
    Map<String, String> spoken = spoken();
    Map<String, Errors> ours = new HashMap<>();
    Errors reference = new Errors(0, 0);
    JsonNode clips = new ObjectMapper().readTree(AUDIO.resolve("reference.json").toFile());
    try (SottoNode node = Nodes.start(data, Map.of())) {
      Api api = new Api(node.url());
      for (Path file : recordings()) {
        String name = file.getFileName().toString();
        String said = textOf(clips.path("clips"), name);
        String truth = spoken.getOrDefault(name, said);
        HttpResponse<String> answer = api.upload(Api.OPENAI, file, Map.of());
        assertEquals(200, answer.statusCode(), answer.body());
        ours.put(name, errors(truth, Api.json(answer).path("text").asText()));
        reference = reference.plus(errors(truth, said));
      }
    }
    Errors all = ours.values().stream().reduce(new Errors(0, 0), Errors::plus);
    System.out.printf(
        Locale.ROOT,
        "accuracy: %d recordings, ours %.2f %%, reference %.2f %%%n",
        ours.size(),
        100 * all.rate(),
        100 * reference.rate());
    assertEquals(0, ours.get("jfk.wav").wrong(), "jfk is word for word");
    assertEquals(0, ours.get("jfk.flac").wrong(), "jfk is word for word");
    assertTrue(
        all.rate() <= reference.rate() + ABSOLUTE,
        () -> "ours " + ours + " against the reference's");
  }

  private static List<Path> recordings() throws IOException {
    List<Path> found = new ArrayList<>();
    for (String folder : List.of("ship", "test-only")) {
      try (Stream<Path> files = Files.list(AUDIO.resolve(folder))) {
        files.filter(f -> f.toString().matches(".*\\.(wav|mp3|ogg|m4a|flac)")).forEach(found::add);
      }
    }
    return found;
  }

  private static String textOf(JsonNode clips, String name) {
    for (Map.Entry<String, JsonNode> clip : clips.properties()) {
      if (clip.getKey().endsWith(name)) {
        return clip.getValue().path("text").asText();
      }
    }
    throw new AssertionError("reference.json lacks " + name);
  }

  /** The last column of the tables in the folder's README, without its remarks in brackets. */
  private static Map<String, String> spoken() throws IOException {
    Map<String, String> found = new HashMap<>();
    Pattern row = Pattern.compile("\\| ([^|]+\\.\\w+) \\|[^|]*\\|[^|]*\\| (.*) \\|");
    for (String line : Files.readAllLines(AUDIO.resolve("README.md"))) {
      Matcher matcher = row.matcher(line);
      if (matcher.matches() && !matcher.group(2).startsWith("reference.json")) {
        String text = matcher.group(2).replaceAll(" \\((?=[^()]*[a-z]).*$", "");
        Arrays.stream(matcher.group(1).split(", ")).forEach(name -> found.put(name, text));
      }
    }
    found.put("jfk.flac", found.get("jfk.wav"));
    // digits for number words are right as well: what the reference says decides
    found.remove("en-counting.wav");
    return found;
  }

  private static Errors errors(String truth, String text) {
    List<String> expected = units(truth);
    List<String> got = units(text);
    int[] row = new int[got.size() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= expected.size(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int same = expected.get(i - 1).equals(got.get(j - 1)) ? 0 : 1;
        int next = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + same);
        diagonal = row[j];
        row[j] = next;
      }
    }
    return new Errors(row[got.size()], expected.size());
  }

  private static List<String> units(String text) {
    String plain =
        Normalizer.normalize(SIMPLIFIED.transliterate(text), Normalizer.Form.NFKC)
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^\\p{L}\\p{N}\\s]", " ");
    String spaced =
        plain.replaceAll("([\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}])", " $1 ").strip();
    return spaced.isEmpty() ? List.of() : List.of(spaced.split("\\s+"));
  }
}
