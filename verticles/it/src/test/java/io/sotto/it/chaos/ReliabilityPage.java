package io.sotto.it.chaos;

import com.sun.management.OperatingSystemMXBean;
import io.sotto.it.Recordings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** Writes what a study has seen into docs/operations/reliability.md, between its two marks. */
final class ReliabilityPage {
  static final Path FILE = Recordings.HOME.resolve("docs/operations/reliability.md");
  private static final String BEGIN = "<!-- measured: %s: begin -->";
  private static final String END = "<!-- measured: %s: end -->";

  private ReliabilityPage() {}

  /** Onto {@code page}, which need not be this one. */
  static void write(Path page, String study, List<String> table)
      throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>(table);
    lines.add("");
    lines.add("%s, commit %s, %s.".formatted(LocalDate.now(ZoneOffset.UTC), commit(), machine()));
    Files.writeString(page, between(study, Files.readString(page), String.join("\n", lines)));
  }

  /** {@code page} with {@code text} between the marks of {@code study}, whatever was there. */
  static String between(String study, String page, String text) {
    String first = BEGIN.formatted(study);
    String last = END.formatted(study);
    int begin = page.indexOf(first);
    int end = page.indexOf(last);
    if (begin < 0 || end < begin) {
      throw new IllegalStateException("the page lacks the marks " + first + " and " + last);
    }
    return page.substring(0, begin + first.length()) + "\n" + text + "\n" + page.substring(end);
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
