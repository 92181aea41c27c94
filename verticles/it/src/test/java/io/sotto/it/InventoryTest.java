package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the job API and OpenAI's must have: calls A1 to A11, errors E1 to E3 and jobs J1 to J3 of
 * the transcription guide, and Q1 to Q10, which servers of OpenAI's API have got wrong. Each has a
 * test that names it, before the method or in its name.
 */
class InventoryTest {
  private static final Pattern NAMED =
      Pattern.compile("/\\*\\*[^/]*?\\*/|void [aejq]\\d+[A-Z]", Pattern.DOTALL);
  private static final Pattern ROW = Pattern.compile("\\b([AEJQ]\\d+)\\b|void ([aejq]\\d+)[A-Z]");

  private static Set<String> rows() {
    Set<String> rows = new TreeSet<>();
    add(rows, "A", 11);
    add(rows, "E", 3);
    add(rows, "J", 3);
    add(rows, "Q", 10);
    return rows;
  }

  private static void add(Set<String> rows, String letter, int last) {
    for (int i = 1; i <= last; i++) {
      rows.add(letter + i);
    }
  }

  @Test
  void everyRowHasATestThatNamesIt() throws IOException {
    Set<String> missing = rows();
    try (Stream<Path> all = Files.walk(Recordings.HOME.resolve("verticles"))) {
      for (Path file :
          all.filter(path -> path.toString().matches(".*/src/test/.*(Test|IT)\\.java")).toList()) {
        if (!file.endsWith("InventoryTest.java")) {
          missing.removeAll(named(Files.readString(file)));
        }
      }
    }
    assertEquals(Set.of(), missing);
  }

  private static Set<String> named(String source) {
    Set<String> found = new TreeSet<>();
    Matcher places = NAMED.matcher(source);
    while (places.find()) {
      Matcher row = ROW.matcher(places.group());
      while (row.find()) {
        found.add(row.group(1) == null ? row.group(2).toUpperCase() : row.group(1));
      }
    }
    return found;
  }
}
