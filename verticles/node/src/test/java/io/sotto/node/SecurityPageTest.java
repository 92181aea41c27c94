package io.sotto.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of security names tests, keys and files that are there. */
class SecurityPageTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home"));

  private static String page() throws IOException {
    return Files.readString(HOME.resolve("docs/operations/security.md"));
  }

  private static List<String> quoted(String pattern) throws IOException {
    List<String> found = new ArrayList<>();
    Matcher matcher = Pattern.compile("`(" + pattern + ")`").matcher(page());
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  @Test
  void everyTestOnItExists() throws IOException {
    Set<String> there = new HashSet<>();
    try (Stream<Path> files = Files.walk(HOME.resolve("verticles"))) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".java"))
          .forEach(name -> there.add(name.replace(".java", "")));
    }
    List<String> named = quoted("\\w+(?:Test|IT)");
    assertTrue(named.size() > 15, named::toString);
    assertEquals(List.of(), named.stream().filter(test -> !there.contains(test)).toList());
  }

  @Test
  void everyKeyOnItExists() throws IOException {
    Set<String> known = ConfigLoader.defaults().keySet();
    String sections =
        known.stream().map(key -> key.split("\\.")[0]).distinct().collect(Collectors.joining("|"));
    List<String> named = quoted("(?:" + sections + ")\\.[a-z0-9-]+");
    assertTrue(named.size() > 8, named::toString);
    assertEquals(List.of(), named.stream().filter(key -> !known.contains(key)).toList());
  }
}
