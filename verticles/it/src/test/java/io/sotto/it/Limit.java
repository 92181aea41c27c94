package io.sotto.it;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A time in milliseconds, a size in bytes or a count, and which file says so under which name.
 * Every file of a deployment that has such values gives them as these, for {@link
 * ConfigurationChainTest}.
 */
record Limit(String file, String name, long value) {
  /** What comes to at most all of these together. */
  static Limit sum(Limit... parts) {
    return new Limit(
        Arrays.stream(parts).map(Limit::file).distinct().collect(Collectors.joining(", ")),
        Arrays.stream(parts).map(Limit::name).collect(Collectors.joining(" + ")),
        Arrays.stream(parts).mapToLong(Limit::value).sum());
  }

  /** So many of it one after the other. */
  Limit times(long count) {
    return new Limit(file, count + " × " + name, count * value);
  }

  /** Fails unless each of {@code chain} is smaller than the next. */
  static void assertRising(String why, Limit... chain) {
    for (int i = 1; i < chain.length; i++) {
      if (chain[i - 1].value >= chain[i].value) {
        throw new AssertionError(chain[i - 1] + " is not below " + chain[i] + ": " + why);
      }
    }
  }

  @Override
  public String toString() {
    return name + " = " + value + " (" + file + ")";
  }
}
