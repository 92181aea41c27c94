package io.sotto.protocol;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The diagrams of docs/states.md draw exactly the moves that the enums allow, each with a verb. */
class StatesPageTest {
  private static final Pattern ARROW = Pattern.compile("^ {4}(\\w+) --> (\\w+) : \\w.*$");

  @Test
  void theJobDiagramEqualsTheEnum() throws IOException {
    Set<String> allowed =
        Stream.of(JobState.values())
            .flatMap(from -> from.next().stream().map(to -> from.wire() + " -> " + to.wire()))
            .collect(toCollection(TreeSet::new));
    assertEquals(allowed, drawn("Job"));
  }

  @Test
  void theChunkDiagramEqualsTheEnum() throws IOException {
    Set<String> allowed =
        Stream.of(ChunkState.values())
            .flatMap(from -> from.next().stream().map(to -> from.wire() + " -> " + to.wire()))
            .collect(toCollection(TreeSet::new));
    assertEquals(allowed, drawn("Chunk"));
  }

  /** The arrows between states under the heading {@code title}; entries and exits are not moves. */
  private static Set<String> drawn(String title) throws IOException {
    Path page = Path.of(System.getProperty("sotto.home"), "docs", "states.md");
    String section = Files.readString(page).split("\n## " + title + "\n", 2)[1].split("\n## ")[0];
    assertFalse(section.isEmpty());
    return section
        .lines()
        .map(ARROW::matcher)
        .filter(java.util.regex.Matcher::matches)
        .map(arrow -> arrow.group(1) + " -> " + arrow.group(2))
        .collect(toCollection(TreeSet::new));
  }
}
