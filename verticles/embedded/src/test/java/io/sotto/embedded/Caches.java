package io.sotto.embedded;

import java.nio.file.Path;

/** Where tests unpack programs: once a build, not once a test. */
final class Caches {
  private Caches() {}

  static Path folder() {
    return Path.of(System.getProperty("sotto.home"), "target", "cache");
  }
}
