package io.sotto.node.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.node.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What the pages for operators tell people to type, to set and to open exists. */
class OperationsDocsTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home"));
  private static final Pattern COMMAND = Pattern.compile("`?(\\./sotto [^`\\n#]+)");
  private static final Pattern KEY =
      Pattern.compile(
          "`((?:node|cluster|bus|http|database|s3|ingest|scheduler|webhooks|worker|audit)"
              + "\\.[a-z][a-z0-9-]+)(?::[^`]*)?`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

  static List<Path> pages() throws IOException {
    try (Stream<Path> all = Files.list(HOME.resolve("docs/operations"))) {
      return all.filter(page -> page.toString().endsWith(".md")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyCommandParses(Path page) throws IOException {
    Matcher commands = COMMAND.matcher(Files.readString(page).replaceAll("(?m)\\s+#.*$", ""));
    while (commands.find()) {
      String line = commands.group(1).substring("./sotto ".length()).strip();
      new CommandLine(new SottoCommand()).parseArgs(line.split("\\s+"));
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyKeyIsOne(Path page) throws IOException {
    Set<String> known = ConfigLoader.variables();
    Matcher keys = KEY.matcher(Files.readString(page));
    while (keys.find()) {
      String variable = "SOTTO_" + keys.group(1).replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
      assertTrue(known.contains(variable), () -> page + " names " + keys.group(1));
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLinkLeadsSomewhere(Path page) throws IOException {
    Matcher links = LINK.matcher(Files.readString(page));
    while (links.find()) {
      Path target = page.getParent().resolve(links.group(1));
      assertTrue(Files.exists(target), () -> page + " links to " + target);
    }
  }
}
