package io.sotto.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration: the defaults of {@code conf/sotto.yaml} (packed into the jar), then the
 * operator's file, then environment variables ({@code http.port} is {@code SOTTO_HTTP_PORT}; with
 * {@code _FILE} behind it the value is the content of that file, for secrets), then the command
 * line. A key that the defaults do not have is an error.
 */
public final class ConfigLoader {
  static final String DEFAULTS = "/sotto.yaml";

  private final Map<String, String> environment;

  public ConfigLoader(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * The configuration; {@code overrides} are the command line's, by key. Throws {@link
   * ConfigException} with every error.
   */
  public NodeConfig load(@Nullable Path file, Map<String, String> overrides) {
    List<String> errors = new ArrayList<>();
    Map<String, String> values = defaults();
    if (file != null) {
      overlay(values, readFile(file, errors), file.toString(), errors);
    }
    Map<String, Path> files = new TreeMap<>();
    overlay(values, fromEnvironment(values, files, errors), "environment", errors);
    overlay(values, overrides, "command line", errors);
    files.keySet().removeAll(overrides.keySet());
    Settings settings = new Settings(values, files);
    NodeConfig config = NodeConfig.read(settings);
    errors.addAll(settings.errors());
    if (!errors.isEmpty()) {
      throw new ConfigException(errors);
    }
    return config;
  }

  /** Names of the environment variables that are heard; each also with {@code _FILE} behind it. */
  public static Set<String> variables() {
    return defaults().keySet().stream()
        .map(ConfigLoader::variable)
        .collect(Collectors.toUnmodifiableSet());
  }

  static Map<String, String> defaults() {
    try (InputStream in = ConfigLoader.class.getResourceAsStream(DEFAULTS)) {
      Map<String, String> values = new TreeMap<>();
      flatten("", new YAMLMapper().readTree(in), values);
      return values;
    } catch (IOException e) {
      throw new IllegalStateException("the jar holds no readable " + DEFAULTS, e);
    }
  }

  private static Map<String, String> readFile(Path file, List<String> errors) {
    Map<String, String> values = new TreeMap<>();
    try {
      flatten("", new YAMLMapper().readTree(Files.readAllBytes(file)), values);
    } catch (IOException e) {
      errors.add(
          file + ": " + String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable"));
    }
    return values;
  }

  private static void flatten(String prefix, @Nullable JsonNode node, Map<String, String> values) {
    if (node == null || node.isMissingNode()) {
      return;
    }
    if (node.isObject()) {
      node.properties().forEach(e -> flatten(join(prefix, e.getKey()), e.getValue(), values));
    } else if (node.isArray()) {
      List<String> items = new ArrayList<>();
      node.forEach(item -> items.add(item.asText()));
      values.put(prefix, String.join(",", items));
    } else {
      values.put(prefix, node.isNull() ? "" : node.asText());
    }
  }

  private static String join(String prefix, String key) {
    return prefix.isEmpty() ? key : prefix + "." + key;
  }

  private static void overlay(
      Map<String, String> values, Map<String, String> over, String source, List<String> errors) {
    over.forEach(
        (key, value) -> {
          if (values.replace(key, value) == null) {
            errors.add(source + ": unknown key " + key + " (conf/sotto.yaml lists them all)");
          }
        });
  }

  private Map<String, String> fromEnvironment(
      Map<String, String> known, Map<String, Path> files, List<String> errors) {
    Map<String, String> values = new TreeMap<>();
    for (String key : known.keySet()) {
      String name = variable(key);
      String value = environment.get(name);
      String file = environment.get(name + "_FILE");
      if (value != null) {
        values.put(key, value);
      } else if (file != null) {
        try {
          values.put(key, Files.readString(Path.of(file)).strip());
          files.put(key, Path.of(file));
        } catch (IOException e) {
          errors.add(name + "_FILE: cannot read " + file);
        }
      }
    }
    return values;
  }

  static String variable(String key) {
    return "SOTTO_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }
}
