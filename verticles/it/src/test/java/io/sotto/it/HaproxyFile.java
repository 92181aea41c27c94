package io.sotto.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The limits of a configuration of HAProxy's. */
record HaproxyFile(String name, String text) {
  private static final Pattern TIME = Pattern.compile("(\\d+)(us|ms|s|m|h|d)?");
  private static final Map<String, Long> MS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

  static HaproxyFile read(Path file) throws IOException {
    return new HaproxyFile(
        Recordings.HOME.relativize(file).toString(),
        Files.readString(file).replaceAll("(?m)^\\s*#.*$", ""));
  }

  /** {@code timeout server}, {@code hard-stop-after}: the time behind these words. */
  Limit time(String words) {
    return new Limit(name, words, ms(find("(?m)^\\s*" + words + "\\s+(\\S+)")));
  }

  /** A time of {@code default-server}, such as {@code inter}. */
  Limit serverTime(String option) {
    return new Limit(
        name, "default-server " + option, ms(find("default-server .*\\b" + option + " (\\S+)")));
  }

  /** A count of {@code default-server}, such as {@code fall}. */
  Limit serverCount(String option) {
    String count = find("default-server .*\\b" + option + " (\\d+)");
    return new Limit(name, "default-server " + option, Long.parseLong(count));
  }

  /** The longest body that is let through. */
  Limit bytesMax() {
    String bytes = find("req\\.hdr_val\\(Content-Length\\) gt (\\d+)");
    return new Limit(name, "Content-Length", Long.parseLong(bytes));
  }

  private String find(String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(text);
    if (!found.find()) {
      throw new AssertionError(name + " has no " + pattern);
    }
    return found.group(1);
  }

  private static long ms(String time) {
    Matcher parts = TIME.matcher(time);
    if (!parts.matches()) {
      throw new AssertionError("no time: " + time);
    }
    return Long.parseLong(parts.group(1)) * (parts.group(2) == null ? 1 : MS.get(parts.group(2)));
  }
}
