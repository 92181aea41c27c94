package io.sotto.it.chaos;

import com.sun.management.OperatingSystemMXBean;
import io.sotto.it.Recordings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes what a campaign has seen into docs/operations/reliability.md, between its two marks. */
final class ReliabilityPage {
  static final Path FILE = Recordings.HOME.resolve("docs/operations/reliability.md");
  private static final String BEGIN = "<!-- measured: begin -->";
  private static final String END = "<!-- measured: end -->";

  private ReliabilityPage() {}

  static void write(Outcome outcome, long minutes) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    lines.add(
        "Seed %d, %d minutes, commit %s, %s."
            .formatted(outcome.plan().seed(), minutes, commit(), machine()));
    lines.add("");
    lines.addAll(outcome.table());
    lines.add("");
    lines.add("`" + outcome.lastLine() + "`");
    Files.writeString(FILE, between(Files.readString(FILE), String.join("\n", lines)));
  }

  /** {@code page} with {@code text} between its marks, whatever was there before. */
  static String between(String page, String text) {
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalStateException(FILE + " has lost its marks: " + BEGIN + " and " + END);
    }
    return page.substring(0, begin + BEGIN.length()) + "\n" + text + "\n" + page.substring(end);
  }

  private static String commit() throws IOException, InterruptedException {
    Process git =
        new ProcessBuilder("git", "rev-parse", "--short", "HEAD")
            .directory(Recordings.HOME.toFile())
            .start();
    String hash = new String(git.getInputStream().readAllBytes()).strip();
    return git.waitFor() == 0 ? hash : "unknown";
  }

  private static String machine() {
    long gib = 0;
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      gib = system.getTotalMemorySize() >> 30;
    }
    return "%d processors, %d GiB, %s"
        .formatted(Runtime.getRuntime().availableProcessors(), gib, System.getProperty("os.name"));
  }
}
