package io.sotto.it;

import static java.util.stream.Collectors.toCollection;

import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code docs/operations/metrics.md} says of each metric. */
record MetricsPage(Map<String, Row> rows, Set<String> ofLibraries) {
  private static final Pattern ROW =
      Pattern.compile("^\\| `(\\w+)`( †)? \\| (\\w+) \\| ([^|]*) \\| [^|]+ \\| [^|]+ \\|$");
  private static final Pattern LIBRARY = Pattern.compile("^\\| `(\\w+_)\\*` \\| [^|]+ \\|$");
  private static final Pattern QUOTED = Pattern.compile("`(\\w+)`");

  /** {@code fromTheStart}: whether a node tells it before anything has happened. */
  record Row(String type, Set<String> labels, boolean fromTheStart) {}

  static MetricsPage read() throws IOException {
    MetricsPage page = new MetricsPage(new LinkedHashMap<>(), new TreeSet<>());
    Files.readAllLines(Recordings.HOME.resolve("docs/operations/metrics.md")).forEach(page::line);
    return page;
  }

  private void line(String line) {
    Matcher row = ROW.matcher(line);
    Matcher library = LIBRARY.matcher(line);
    if (row.matches()) {
      Row known = new Row(row.group(3), words(row.group(4)), row.group(2) == null);
      if (rows.put(row.group(1), known) != null) {
        throw new AssertionError("twice: " + line);
      }
    } else if (library.matches()) {
      ofLibraries.add(library.group(1));
    } else if (line.startsWith("| `")) {
      throw new AssertionError("neither a metric nor a family of a library: " + line);
    }
  }

  private static Set<String> words(String cell) {
    return QUOTED
        .matcher(cell)
        .results()
        .map(word -> word.group(1))
        .collect(toCollection(TreeSet::new));
  }

  boolean ofLibrary(String family) {
    return ofLibraries.stream().anyMatch(family::startsWith);
  }

  Set<String> fromTheStart() {
    return rows.entrySet().stream()
        .filter(row -> row.getValue().fromTheStart)
        .map(Map.Entry::getKey)
        .collect(toCollection(TreeSet::new));
  }
}
