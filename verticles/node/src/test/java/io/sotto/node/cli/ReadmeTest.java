package io.sotto.node.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What the README tells people to type exists: commands, options, files, paths of the API. */
class ReadmeTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home"));

  private static List<String> shellLines() throws IOException {
    Matcher blocks =
        Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(HOME.resolve("README.md")));
    List<String> lines = new ArrayList<>();
    while (blocks.find()) {
      blocks.group(1).lines().map(line -> line.replaceFirst("\\s+#.*", "")).forEach(lines::add);
    }
    return lines;
  }

  @Test
  void theFirstCommandIsTheOneThatShowsEverything() throws IOException {
    assertEquals("./sotto transcribe samples/jfk.wav", shellLines().getFirst());
    assertTrue(Files.isExecutable(HOME.resolve("sotto")));
  }

  @Test
  void everySottoCommandParses() throws IOException {
    List<String> commands = shellLines().stream().filter(l -> l.startsWith("./sotto ")).toList();
    assertTrue(commands.size() >= 4, commands::toString);
    for (String command : commands) {
      String[] arguments = command.substring("./sotto ".length()).split(" ");
      new CommandLine(new SottoCommand()).parseArgs(arguments);
    }
  }

  @Test
  void everyFileAndScriptIsThere() throws IOException {
    for (String line : shellLines()) {
      Matcher file = Pattern.compile("(samples|scripts)/[\\w.-]+").matcher(line);
      while (file.find()) {
        assertTrue(Files.exists(HOME.resolve(file.group())), line);
      }
    }
    Matcher links =
        Pattern.compile("\\]\\(([^)#:]+)\\)").matcher(Files.readString(HOME.resolve("README.md")));
    while (links.find()) {
      assertTrue(Files.exists(HOME.resolve(links.group(1))), links.group(1));
    }
  }

  @Test
  void everyCurlAsksForAPathOfTheApi() throws IOException {
    StringBuilder api = new StringBuilder();
    for (String part : List.of("base", "openai", "stream", "jobs", "models", "shims")) {
      try (InputStream in = CommandLine.class.getResourceAsStream("/openapi/" + part + ".yaml")) {
        api.append(new String(in.readAllBytes()));
      }
    }
    int curls = 0;
    for (String line : shellLines().stream().filter(l -> l.startsWith("curl ")).toList()) {
      Matcher url = Pattern.compile("http://127.0.0.1:8080(/[^\\s?\"]*)").matcher(line);
      assertTrue(url.find(), line);
      String path = url.group(1).replace("<id>", "{id}");
      assertTrue(api.indexOf("\n  " + path + ":\n") > 0, path);
      curls++;
    }
    assertTrue(curls >= 4);
  }

  @Test
  void theDataOfTheSamplesIsListed() throws IOException {
    String readme = Files.readString(HOME.resolve("samples/README.md"));
    try (Stream<Path> files = Files.list(HOME.resolve("samples"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        assertTrue(name.equals("README.md") || readme.contains(name), name);
      }
    }
  }
}
