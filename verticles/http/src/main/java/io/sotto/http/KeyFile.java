package io.sotto.http;

import io.sotto.storage.RetentionStore;
import io.sotto.storage.Tenant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The file of keys as it was read: a line a key, words of the form {@code name=value}, {@code #}
 * before what is not for us. {@code tenant} and {@code sha256} must be there; {@code name}, {@code
 * weight}, {@code in-flight}, {@code keep-audio}, {@code keep-transcripts} and {@code enabled} may.
 * Several keys may be of one tenant.
 */
record KeyFile(Stamp stamp, Map<String, Entry> entries) {
  static final KeyFile NONE = new KeyFile(new Stamp(FileTime.fromMillis(0), -1), Map.of());
  private static final long BYTES_MAX = 4 << 20;
  private static final Set<String> WORDS =
      Set.of(
          "tenant",
          "name",
          "sha256",
          "weight",
          "in-flight",
          "keep-audio",
          "keep-transcripts",
          "enabled");

  private static final Duration TRANSCRIPTS_MIN = Duration.ofMinutes(1);
  private static final Pattern KEPT = Pattern.compile("(\\d{1,5})([mhd])");

  KeyFile {
    entries = Map.copyOf(entries);
  }

  /** What changes when the file does. */
  record Stamp(FileTime modified, long bytes) {
    static Stamp of(Path file) throws IOException {
      return new Stamp(Files.getLastModifiedTime(file), Files.size(file));
    }
  }

  /** A key that may be used. */
  record Entry(byte[] digest, Tenant tenant) {}

  /** Blocks. A file that cannot be understood is refused whole, by the line at fault. */
  static KeyFile read(Path file) throws IOException {
    Stamp stamp = Stamp.of(file);
    if (stamp.bytes() > BYTES_MAX) {
      throw new IOException(file + " is larger than " + BYTES_MAX + " bytes");
    }
    Map<String, Entry> entries = new HashMap<>();
    Map<Long, Tenant> tenants = new TreeMap<>();
    int number = 0;
    for (String line : Files.readString(file, StandardCharsets.UTF_8).split("\n")) {
      number++;
      String text = line.replaceFirst("#.*", "").strip();
      if (!text.isEmpty()) {
        try {
          add(words(text), entries, tenants);
        } catch (IllegalArgumentException e) {
          // never the line itself: somebody may have written a key into it
          throw new IOException(file + " line " + number + ": " + e.getMessage());
        }
      }
    }
    return new KeyFile(stamp, entries);
  }

  private static Map<String, String> words(String text) {
    Map<String, String> words = new HashMap<>();
    for (String word : text.split("\\s+")) {
      int equals = word.indexOf('=');
      String name = equals < 0 ? "" : word.substring(0, equals);
      if (!WORDS.contains(name)) {
        throw new IllegalArgumentException(
            "words are " + String.join("=, ", new TreeSet<>(WORDS)) + "=");
      }
      if (words.put(name, word.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(name + " stands there twice");
      }
    }
    return words;
  }

  private static void add(
      Map<String, String> words, Map<String, Entry> entries, Map<Long, Tenant> tenants) {
    String sha256 = words.getOrDefault("sha256", "");
    if (!sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "sha256 is the key's SHA-256, 64 hex digits in lower case");
    }
    Tenant tenant = tenant(words);
    Tenant known = tenants.putIfAbsent(tenant.id(), tenant);
    if (known != null && !agree(known, tenant)) {
      throw new IllegalArgumentException(
          "weight, in-flight, keep-audio or keep-transcripts of tenant "
              + tenant.id()
              + " differ from an earlier line's");
    }
    Entry entry = new Entry(HexFormat.of().parseHex(sha256), tenant);
    if (enabled(words) && entries.put(sha256, entry) != null) {
      throw new IllegalArgumentException("the key is in an earlier line already");
    }
  }

  private static boolean agree(Tenant one, Tenant other) {
    return one.weight() == other.weight()
        && Objects.equals(one.leasesMax(), other.leasesMax())
        && Objects.equals(one.keepAudio(), other.keepAudio())
        && Objects.equals(one.keepTranscripts(), other.keepTranscripts());
  }

  private static Tenant tenant(Map<String, String> words) {
    String inFlight = words.get("in-flight");
    return new Tenant(
        (long) number(words, "tenant", ""),
        words.getOrDefault("name", ""),
        number(words, "weight", "1"),
        inFlight == null ? null : (int) number(words, "in-flight", ""),
        kept(words, "keep-audio"),
        kept(words, "keep-transcripts"));
  }

  /** Null where nothing is said. */
  private static @Nullable Duration kept(Map<String, String> words, String name) {
    String value = words.get(name);
    if (value == null || value.equals("always")) {
      return value == null ? null : RetentionStore.ALWAYS;
    }
    Matcher match = KEPT.matcher(value);
    if (!match.matches()) {
      throw new IllegalArgumentException(name + " is a time such as 90m, 12h or 30d, or always");
    }
    long count = Long.parseLong(match.group(1));
    Duration kept =
        switch (match.group(2)) {
          case "m" -> Duration.ofMinutes(count);
          case "h" -> Duration.ofHours(count);
          default -> Duration.ofDays(count);
        };
    if (name.equals("keep-transcripts") && kept.compareTo(TRANSCRIPTS_MIN) < 0) {
      throw new IllegalArgumentException(name + " is at least 1m: somebody has to read them");
    }
    return kept.compareTo(RetentionStore.ALWAYS) > 0 ? RetentionStore.ALWAYS : kept;
  }

  private static double number(Map<String, String> words, String name, String usual) {
    String value = words.getOrDefault(name, usual);
    String pattern = name.equals("weight") ? "\\d{1,4}(\\.\\d{1,6})?" : "\\d{1,9}";
    if (!value.matches(pattern)) {
      throw new IllegalArgumentException(name + " must be a number");
    }
    return Double.parseDouble(value);
  }

  private static boolean enabled(Map<String, String> words) {
    return switch (words.getOrDefault("enabled", "true")) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("enabled is true or false");
    };
  }

  /** The entry whose key has this digest. */
  @Nullable Entry find(byte[] digest) {
    Entry entry = entries.get(HexFormat.of().formatHex(digest));
    return entry != null && MessageDigest.isEqual(entry.digest, digest) ? entry : null;
  }
}
