package io.sotto.it.chaos;

import io.sotto.it.NodeProcess;
import io.sotto.it.Recordings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A study in a process of its own that has a network to itself, so that it may make a {@link
 * Network}: nothing of it is ever seen in the machine's.
 */
record Apart(Study inside) implements Study {
  private static final String FIGURES = "figures.tsv";
  private static final String FINDINGS = "findings.txt";
  private static final String PROPERTIES = "sotto.chaos.";

  @Override
  public String name() {
    return inside.name();
  }

  @Override
  public Optional<String> obstacle() {
    try {
      return Network.apart().isPresent()
          ? Optional.empty()
          : Optional.of(
              "network namespaces with a bridge cannot be made here: it takes root or user"
                  + " namespaces, and the programs ip, unshare and nsenter");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  @Override
  public Seen run(Path folder, Consumer<String> out) throws Exception {
    Process child = new ProcessBuilder(command(folder)).redirectErrorStream(true).start();
    try (BufferedReader lines = child.inputReader()) {
      lines.lines().forEach(out);
      int exit = child.waitFor();
      if (exit != 0) {
        throw new IllegalStateException(name() + " ended with " + exit);
      }
      return read(folder);
    } finally {
      child.getOutputStream().close(); // which it takes for the order to end
      child.waitFor();
    }
  }

  private List<String> command(Path folder) throws InterruptedException {
    List<String> flags = new ArrayList<>(List.of("-Xmx512m"));
    System.getProperties()
        .forEach(
            (key, value) -> {
              if (key.toString().startsWith(PROPERTIES)) {
                flags.add("-D" + key + "=" + value);
              }
            });
    Path classes = Recordings.HOME.resolve("verticles/it/target/test-classes");
    List<String> line = new ArrayList<>(Network.apart().orElseThrow());
    line.addAll(NodeProcess.java(flags, ":" + classes, Apart.class.getName()));
    line.addAll(List.of(name(), folder.toString()));
    return line;
  }

  /** In the process of its own: name and folder. */
  public static void main(String[] arguments) throws Exception {
    Thread.ofPlatform().daemon().name("parent").start(Apart::endWithParent);
    Path folder = Path.of(arguments[1]);
    try {
      write(folder, Studies.inside(arguments[0]).run(folder, System.out::println));
      System.exit(0);
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  /** Whoever started it has ended: so does it, with the servers it has started. */
  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // nothing is said to it
      }
    } catch (IOException gone) {
      // then too
    }
    System.exit(1);
  }

  private static void write(Path folder, Seen seen) throws IOException {
    Files.write(folder.resolve(FINDINGS), seen.findings());
    Files.write(
        folder.resolve(FIGURES),
        seen.figures().stream()
            .map(figure -> String.join("\t", figure.what(), figure.seen(), figure.target()))
            .toList());
  }

  private static Seen read(Path folder) throws IOException {
    List<Outcome.Figure> figures = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(FIGURES))) {
      String[] parts = line.split("\t", 3);
      figures.add(new Outcome.Figure(parts[0], parts[1], parts[2]));
    }
    return new Seen(figures, Files.readAllLines(folder.resolve(FINDINGS)));
  }
}
