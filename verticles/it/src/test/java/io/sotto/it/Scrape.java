package io.sotto.it;

import static java.util.stream.Collectors.toCollection;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a node tells at {@code /metrics}: families with their types, and the names of their samples
 * with the names of their labels.
 */
record Scrape(Map<String, String> types, Map<String, Set<String>> samples) {
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
  private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\"");
  private static final String BUCKET = "le";

  static Scrape of(String text) {
    Scrape scrape = new Scrape(new TreeMap<>(), new HashMap<>());
    text.lines().forEach(scrape::line);
    return scrape;
  }

  private void line(String line) {
    Matcher type = TYPE.matcher(line);
    Matcher sample = SAMPLE.matcher(line);
    if (type.matches()) {
      types.put(type.group(1), type.group(2));
    } else if (sample.matches()) {
      Set<String> labels = samples.computeIfAbsent(sample.group(1), name -> new TreeSet<>());
      Matcher label = LABEL.matcher(sample.group(2) == null ? "" : sample.group(2));
      while (label.find()) {
        labels.add(label.group(1));
      }
      labels.remove(BUCKET);
    }
  }

  /** All but the largest values that go with histograms. */
  Set<String> families() {
    return types.keySet().stream()
        .filter(name -> !(name.endsWith("_max") && histogram(name.replaceFirst("_max$", ""))))
        .collect(toCollection(TreeSet::new));
  }

  private boolean histogram(String family) {
    return "histogram".equals(types.get(family));
  }

  /** Of the family's samples. */
  Set<String> labels(String family) {
    String sample = histogram(family) ? family + "_count" : family;
    return samples.getOrDefault(sample, Set.of());
  }
}
