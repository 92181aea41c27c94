package io.sotto.worker;

import java.util.HashMap;
import java.util.Map;

/**
 * Tells a bundle that became another from one that is still being copied: it has settled when two
 * looks in a row saw the same. What was settled once, taken or refused, is not told again.
 */
final class BundleWatch {
  private final Map<String, String> known = new HashMap<>();
  private final Map<String, String> seen = new HashMap<>();

  /** {@code stamp} of {@code name} needs no more attention. */
  void known(String name, String stamp) {
    known.put(name, stamp);
  }

  /** Whether what {@code name} holds now is new and whole; an empty stamp is no bundle. */
  boolean settled(String name, String stamp) {
    boolean twice = stamp.equals(seen.put(name, stamp));
    return twice && !stamp.isEmpty() && !stamp.equals(known.get(name));
  }
}
