package io.sotto.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The alerts and dashboards of {@code conf/monitoring}, and what they ask for. */
public final class MonitoringFiles {
  public static final Path FOLDER = Recordings.HOME.resolve("conf/monitoring");
  static final Path GRAFANA = FOLDER.resolve("grafana");
  private static final YAMLMapper YAML = new YAMLMapper(); // JSON is YAML too
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][\\w:]*+(?!\\s*\\()");
  private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "up");

  private MonitoringFiles() {}

  public static JsonNode read(Path file) throws IOException {
    return YAML.readTree(file.toFile());
  }

  static List<JsonNode> alerts() throws IOException {
    List<JsonNode> alerts = new ArrayList<>();
    for (JsonNode group : read(FOLDER.resolve("alerts.yml")).path("groups")) {
      group.path("rules").forEach(alerts::add);
    }
    return alerts;
  }

  public static List<Path> dashboards() throws IOException {
    try (Stream<Path> files = Files.list(GRAFANA.resolve("dashboards"))) {
      return files.sorted().toList();
    }
  }

  /** Each expression of the dashboard. */
  public static List<String> queries(Path dashboard) throws IOException {
    List<String> queries = new ArrayList<>();
    for (JsonNode panel : read(dashboard).path("panels")) {
      panel.path("targets").forEach(target -> queries.add(target.path("expr").asText()));
    }
    return queries;
  }

  /** The metrics that an expression of PromQL names, {@code up} left out, which is Prometheus's. */
  static Set<String> metrics(String expression) {
    String bare =
        expression
            .replaceAll("\\{[^}]*}|\\[[^]]*]", "")
            .replaceAll("\\b(by|without|on|ignoring) ?\\([^)]*\\)", "");
    Set<String> names = new TreeSet<>();
    Matcher name = NAME.matcher(bare);
    while (name.find()) {
      names.add(name.group());
    }
    names.removeAll(WORDS);
    return names;
  }
}
