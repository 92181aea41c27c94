package io.sotto.it.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A short program of the system's, run to its end. */
final class Command {
  private static final long LIMIT_S = 20;

  private Command() {}

  /** What it said, when it failed or could not be run; empty when all went well. */
  static String failure(List<String> line, String input) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
      try (var in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      }
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return "no end after " + LIMIT_S + " s";
      }
      return process.exitValue() == 0 ? "" : said.strip() + " (exit " + process.exitValue() + ")";
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  static void run(List<String> line, String input) throws InterruptedException {
    String failure = failure(line, input);
    if (!failure.isEmpty()) {
      throw new IllegalStateException(String.join(" ", line) + ": " + failure + " of " + input);
    }
  }
}
