package io.sotto.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map.Entry;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An operation as the API's description has it. */
record Described(JsonNode document, String method, String path, JsonNode operation) {
  private static final Set<String> METHODS =
      Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

  static List<Described> operations(JsonNode document) {
    List<Described> found = new ArrayList<>();
    for (Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (Entry<String, JsonNode> each : path.getValue().properties()) {
        if (METHODS.contains(each.getKey())) {
          String method = each.getKey().toUpperCase(Locale.ROOT);
          found.add(new Described(document, method, path.getKey(), each.getValue()));
        }
      }
    }
    return found;
  }

  static void walk(JsonNode node, Consumer<JsonNode> visit) {
    if (node.isObject()) {
      visit.accept(node);
    }
    node.forEach(child -> walk(child, visit));
  }

  String name() {
    return method + " " + path;
  }

  Set<String> placeholders() {
    Set<String> names = new TreeSet<>();
    Matcher each = Pattern.compile("\\{(\\w+)}").matcher(path);
    while (each.find()) {
      names.add(each.group(1));
    }
    return names;
  }

  /** Its own and those of its path, references followed. */
  List<JsonNode> parameters() {
    List<JsonNode> all = new ArrayList<>();
    document.path("paths").path(path).path("parameters").forEach(p -> all.add(resolve(p)));
    operation.path("parameters").forEach(p -> all.add(resolve(p)));
    return all;
  }

  JsonNode body() {
    return resolve(operation.path("requestBody"));
  }

  /** The schema of the multipart form it takes, or a missing node. */
  JsonNode form() {
    return resolve(body().path("content").path("multipart/form-data").path("schema"));
  }

  List<JsonNode> examples() {
    List<JsonNode> all = new ArrayList<>();
    JsonNode given = operation.path("x-sotto-example");
    if (given.isObject()) {
      all.add(given);
    } else {
      given.forEach(all::add);
    }
    return all;
  }

  @Override
  public String toString() {
    return name();
  }

  JsonNode resolve(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isTextual() ? resolve(document.at(reference.asText().substring(1))) : node;
  }

  Set<String> statuses() {
    Set<String> all = new TreeSet<>();
    operation.path("responses").fieldNames().forEachRemaining(all::add);
    return all;
  }

  /** The refusals that follow from what it takes. */
  Set<String> refusals() {
    Set<String> all = new TreeSet<>(Set.of("500"));
    JsonNode security = operation.path("security");
    if (!security.isArray() || !security.isEmpty()) {
      all.add("401");
    }
    if (!placeholders().isEmpty()) {
      all.add("404");
    }
    boolean asks = parameters().stream().anyMatch(p -> p.path("in").asText().equals("query"));
    if (asks || body().isObject()) {
      all.add("400");
    }
    return all;
  }
}
