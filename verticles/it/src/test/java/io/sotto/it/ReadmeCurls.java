package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The curl commands of a page, as a reader copies them. */
final class ReadmeCurls {
  static final String SERVER = "http://127.0.0.1:8080";
  private static final Pattern BLOCKS = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

  private ReadmeCurls() {}

  /**
   * Those that ask the server; what it would send to somebody else's machine is left out, aloud.
   */
  static List<String> of(Path page) throws IOException {
    Matcher blocks = BLOCKS.matcher(Files.readString(page));
    return blocks
        .results()
        .flatMap(block -> block.group(1).replaceAll("\\\\\\n\\s*", "").lines())
        .map(line -> line.replaceFirst("\\s+#.*", ""))
        .filter(line -> line.startsWith("curl ") && line.contains(SERVER))
        .flatMap(ReadmeCurls::ours)
        .toList();
  }

  private static Stream<String> ours(String command) {
    if (command.contains("example.com")) {
      System.out.println("not run, since example.com hears no webhooks: " + command);
      return Stream.empty();
    }
    return Stream.of(command);
  }

  /** The status that {@code command} is answered with by {@code server}, about {@code job}. */
  static int run(String command, URI server, String job, Path folder)
      throws IOException, InterruptedException {
    Path answer = folder.resolve("answer");
    Path status = folder.resolve("status");
    String line =
        command.replace(SERVER, server.toString().replaceFirst("/$", "")).replace("<id>", job)
            + " --silent --show-error --max-time 120 --write-out '%{http_code}' --output "
            + answer;
    Process curl =
        new ProcessBuilder("sh", "-c", line)
            .directory(Recordings.HOME.toFile())
            .redirectErrorStream(true)
            .redirectOutput(status.toFile())
            .start();
    assertTrue(curl.waitFor(150, TimeUnit.SECONDS), command);
    String said = Files.readString(status);
    assertTrue(said.matches("\\d{3}"), () -> command + ": " + said);
    return Integer.parseInt(said);
  }
}
