package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.node.SottoNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * OpenAI's own packages against a real node; skipped, with the reason, where they are not to be
 * had.
 */
class ConformanceIT {
  private static final int UNREADY = 3;
  private static final int CHECKS_MIN = 60;
  private static final long PATIENCE_S = 280;
  private static final Pattern PASSED = Pattern.compile("(\\d+) passed, 0 failed");
  @TempDir private static Path data;
  private static SottoNode node;

  @BeforeAll
  static void start() throws Exception {
    node = Nodes.start(data, Map.of());
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"python", "node"})
  @Timeout(300)
  void theOfficialPackageFindsNothingToObjectTo(String language) throws Exception {
    Path said = data.resolve(language + ".log");
    Path script = Recordings.HOME.resolve("scripts/conformance.sh");
    Process process =
        new ProcessBuilder(script.toString(), node.url().toString(), language)
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError("it hangs after " + Files.readString(said));
    }
    List<String> lines = Files.readAllLines(said);
    Assumptions.assumeFalse(process.exitValue() == UNREADY, () -> lines.getLast());
    System.out.println("openai for " + language + ": " + lines.getLast());
    List<String> failed = lines.stream().filter(line -> line.startsWith("FAIL")).toList();
    assertEquals(List.of(), failed);
    assertEquals(0, process.exitValue(), () -> String.join("\n", lines));
    Matcher passed = PASSED.matcher(lines.getLast());
    assertTrue(passed.matches(), lines::getLast);
    assertTrue(Integer.parseInt(passed.group(1)) >= CHECKS_MIN, lines::getLast);
  }
}
