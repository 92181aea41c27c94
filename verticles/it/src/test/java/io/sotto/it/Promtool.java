package io.sotto.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Prometheus's own checker of its files. */
final class Promtool {
  /** Why a test that needs it was skipped. */
  static final String MISSING =
      "promtool is not installed (apt-get install prometheus): no rule was tried here";

  private static final long END_S = 60;

  private Promtool() {}

  /** The program, where this machine has it. */
  static Optional<Path> program() {
    String path = System.getenv("PATH") + ":/usr/local/bin";
    return Stream.of(path.split(":"))
        .map(folder -> Path.of(folder, "promtool"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** What it says; an error where it finds one in the files. */
  static String run(Path log, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(program().orElseThrow(() -> new IllegalStateException(MISSING)).toString());
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .directory(MonitoringFiles.FOLDER.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!process.waitFor(END_S, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(command + " does not end: " + Files.readString(log));
    }
    if (process.exitValue() != 0) {
      throw new AssertionError(command + ": " + Files.readString(log));
    }
    return Files.readString(log);
  }
}
