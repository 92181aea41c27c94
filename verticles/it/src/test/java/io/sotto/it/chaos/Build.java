package io.sotto.it.chaos;

import io.sotto.it.Recordings;
import java.nio.file.Files;
import java.nio.file.Path;

/** A built state of the project that nodes are started from; {@code home} is its root. */
record Build(String name, Path home) {
  static final Build THIS = new Build("this", Recordings.HOME);

  /** Where {@code scripts/previous-build.sh} says that it has built another one. */
  private static final Path PREVIOUS = Recordings.HOME.resolve("target/previous/home");

  Path classes() {
    return home.resolve("verticles/it/target/test-classes");
  }

  /** The one before this, which {@code scripts/previous-build.sh} makes. */
  static Build previous() throws Exception {
    Path root = Recordings.HOME;
    Process script =
        new ProcessBuilder(root.resolve("scripts/previous-build.sh").toString())
            .directory(root.toFile())
            .inheritIO()
            .start();
    if (script.waitFor() != 0) {
      throw new IllegalStateException("scripts/previous-build.sh failed; see above");
    }
    Path home = Path.of(Files.readString(PREVIOUS).strip());
    return new Build(home.getFileName().toString(), home);
  }
}
