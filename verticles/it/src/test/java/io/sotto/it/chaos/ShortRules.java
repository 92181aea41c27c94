package io.sotto.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sotto.it.MonitoringFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The alerts as they ship, with every time that they wait or look back shortened by {@link
 * #FACTOR}, and with it the limits that are times themselves, of a minute or more. Nothing else of
 * them is changed.
 */
final class ShortRules {
  static final int FACTOR = 10;
  private static final Pattern RANGE = Pattern.compile("\\[(\\d+[smh])]");
  private static final Pattern LIMIT = Pattern.compile("> (\\d{2,})$");
  private static final int LIMIT_MIN_S = 60;

  private ShortRules() {}

  /** Writes them to {@code file} and gives their names. */
  static Set<String> write(Path file) throws IOException {
    JsonNode rules = MonitoringFiles.read(MonitoringFiles.FOLDER.resolve("alerts.yml"));
    Set<String> names = new TreeSet<>();
    for (JsonNode group : rules.path("groups")) {
      for (JsonNode rule : group.path("rules")) {
        ObjectNode alert = (ObjectNode) rule;
        alert.put("expr", shortened(alert.path("expr").asText()));
        alert.put("for", seconds(alert.path("for").asText()) / FACTOR + "s");
        names.add(alert.path("alert").asText());
      }
    }
    new ObjectMapper().writeValue(file.toFile(), rules); // JSON is YAML too
    return names;
  }

  static String shortened(String expression) {
    String ranges =
        RANGE.matcher(expression).replaceAll(r -> "[" + seconds(r.group(1)) / FACTOR + "s]");
    return ranges.contains("seconds")
        ? LIMIT.matcher(ranges).replaceAll(ShortRules::limit)
        : ranges;
  }

  private static String limit(MatchResult of) {
    int seconds = Integer.parseInt(of.group(1));
    return Matcher.quoteReplacement("> " + (seconds < LIMIT_MIN_S ? seconds : seconds / FACTOR));
  }

  private static int seconds(String duration) {
    int count = Integer.parseInt(duration.substring(0, duration.length() - 1));
    return switch (duration.substring(duration.length() - 1).toLowerCase(Locale.ROOT)) {
      case "s" -> count;
      case "m" -> count * 60;
      case "h" -> count * 3600;
      default -> throw new IllegalArgumentException(duration);
    };
  }
}
