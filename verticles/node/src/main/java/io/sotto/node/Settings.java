package io.sotto.node;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Flat settings ({@code http.port} = {@code 8080}) read by key, type and limits. A value that does
 * not fit is remembered, not thrown, so that an operator sees every mistake at once; {@link
 * #errors} tells them in the end.
 */
final class Settings {
  private static final Pattern DURATION = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)");

  /** {@code ${sotto.home}} and other system properties may stand in a value. */
  private static final Pattern PROPERTY = Pattern.compile("\\$\\{([a-z.]+)}");

  private static final Pattern BYTES = Pattern.compile("(\\d+)\\s*(B|KiB|MiB|GiB|TiB)");

  private final Map<String, String> values;
  private final Map<String, Path> files;
  private final List<Secret> secrets = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();

  /** {@code files}: where values came from that an environment variable {@code _FILE} named. */
  Settings(Map<String, String> values, Map<String, Path> files) {
    this.values = new TreeMap<>(values);
    this.files = Map.copyOf(files);
  }

  String text(String key) {
    String value = values.get(key);
    if (value == null) {
      errors.add(key + " is not set");
      return "";
    }
    return PROPERTY
        .matcher(value.strip())
        .replaceAll(m -> Matcher.quoteReplacement(System.getProperty(m.group(1), m.group())));
  }

  /** The text under {@code key}, which must not be empty. */
  String required(String key) {
    String value = text(key);
    if (value.isEmpty()) {
      errors.add(key + " must not be empty");
    }
    return value;
  }

  long number(String key, long min, long max) {
    String value = text(key);
    try {
      return within(key, Long.parseLong(value), min, max, value);
    } catch (NumberFormatException e) {
      errors.add(key + ": '" + value + "' is not a whole number");
      return min;
    }
  }

  int integer(String key, int min, int max) {
    return (int) number(key, min, max);
  }

  boolean flag(String key) {
    String value = text(key);
    if (!value.equals("true") && !value.equals("false")) {
      errors.add(key + ": '" + value + "' is neither true nor false");
    }
    return value.equals("true");
  }

  /** A duration such as {@code 250ms}, {@code 30s}, {@code 10m}, {@code 24h}, {@code 7d}. */
  Duration duration(String key, Duration min, Duration max) {
    return duration(key, text(key), min, max);
  }

  /** As {@link #duration}; null where the value is empty. */
  @Nullable Duration optionalDuration(String key, Duration min, Duration max) {
    return text(key).isEmpty() ? null : duration(key, min, max);
  }

  /** Comma separated durations. */
  List<Duration> durations(String key, Duration min, Duration max) {
    return list(key).stream().map(item -> duration(key, item, min, max)).toList();
  }

  /** Comma separated whole numbers. */
  List<Integer> integers(String key, int min, int max) {
    List<Integer> numbers = new ArrayList<>();
    for (String item : list(key)) {
      try {
        numbers.add((int) within(key, Long.parseLong(item), min, max, item));
      } catch (NumberFormatException e) {
        errors.add(key + ": '" + item + "' is not a whole number");
      }
    }
    return List.copyOf(numbers);
  }

  private Duration duration(String key, String value, Duration min, Duration max) {
    Matcher match = DURATION.matcher(value);
    if (!match.matches()) {
      errors.add(key + ": '" + value + "' is not a duration such as 250ms, 30s, 10m, 24h or 7d");
      return min;
    }
    long count = Long.parseLong(match.group(1));
    Duration duration =
        switch (match.group(2)) {
          case "ms" -> Duration.ofMillis(count);
          case "s" -> Duration.ofSeconds(count);
          case "m" -> Duration.ofMinutes(count);
          case "h" -> Duration.ofHours(count);
          default -> Duration.ofDays(count);
        };
    if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
      errors.add(key + ": " + value + " is not between " + print(min) + " and " + print(max));
      return min;
    }
    return duration;
  }

  /** A size such as {@code 8MiB}. */
  long bytes(String key, long min, long max) {
    String value = text(key);
    Matcher match = BYTES.matcher(value);
    if (!match.matches()) {
      errors.add(key + ": '" + value + "' is not a size such as 512KiB, 8MiB or 2GiB");
      return min;
    }
    int power = List.of("B", "KiB", "MiB", "GiB", "TiB").indexOf(match.group(2));
    return within(key, Long.parseLong(match.group(1)) << (10 * power), min, max, value);
  }

  /** A number from 0 to 1. */
  double ratio(String key) {
    String value = text(key);
    try {
      double ratio = Double.parseDouble(value);
      if (ratio >= 0 && ratio <= 1) {
        return ratio;
      }
    } catch (NumberFormatException e) {
      // the same mistake
    }
    errors.add(key + ": '" + value + "' is not a number from 0 to 1, such as 0.1");
    return 0;
  }

  <E extends Enum<E>> E choice(String key, Class<E> type) {
    String value = text(key);
    List<String> names = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      String name = constant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
      if (name.equals(value)) {
        return constant;
      }
      names.add(name);
    }
    errors.add(key + ": '" + value + "' is none of " + String.join(", ", names));
    return type.getEnumConstants()[0];
  }

  /** Comma separated texts, none of them empty. */
  List<String> list(String key) {
    List<String> items = new ArrayList<>();
    for (String item : text(key).split(",")) {
      if (!item.isBlank()) {
        items.add(item.strip());
      }
    }
    return List.copyOf(items);
  }

  /** A path; {@code ~/} stands for the home folder. */
  Path path(String key) {
    String value = required(key);
    return Path.of(
            value.startsWith("~/") ? System.getProperty("user.home") + value.substring(1) : value)
        .toAbsolutePath()
        .normalize();
  }

  /** A path, or null where none is set. */
  @Nullable Path optionalPath(String key) {
    return text(key).isEmpty() ? null : path(key);
  }

  /** A value that is never printed, and that follows its file where it came from one. */
  Secret secret(String key) {
    Secret secret = new Secret(key, text(key), files.get(key));
    secrets.add(secret);
    return secret;
  }

  /** Every secret that was read. */
  List<Secret> secrets() {
    return List.copyOf(secrets);
  }

  void error(String message) {
    errors.add(message);
  }

  List<String> errors() {
    return List.copyOf(errors);
  }

  private long within(String key, long number, long min, long max, String written) {
    if (number < min || number > max) {
      errors.add(key + ": " + written + " is not between " + min + " and " + max);
      return min;
    }
    return number;
  }

  private static String print(Duration duration) {
    return duration.toMillis() < 1000 ? duration.toMillis() + "ms" : duration.toSeconds() + "s";
  }
}
