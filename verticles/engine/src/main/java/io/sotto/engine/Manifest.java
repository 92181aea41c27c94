package io.sotto.engine;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sotto.engine.EngineException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code manifest.json} of a bundle: what the model is, and length and SHA-256 of every file it
 * consists of. Reading one checks the files against it, so that a truncated copy is found before a
 * session is built on it. {@code architecture} holds the sizes, under the names of Hugging Face's
 * {@code config.json}; {@code tokens} the ids of the special tokens.
 */
public record Manifest(
    String name,
    String source,
    String precision,
    String licence,
    JsonNode architecture,
    JsonNode tokens,
    Map<String, Entry> files) {
  /** Its name in a bundle. */
  public static final String FILE = "manifest.json";

  /** Raised when bundles of before can no longer be run. */
  private static final int FORMAT = 3;

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Length in bytes and lower-case hex SHA-256 of one file. */
  public record Entry(long bytes, String sha256) {}

  public Manifest {
    files = Map.copyOf(files);
  }

  /**
   * Seals {@code folder}: writes {@code manifest.json} with length and digest of every file that is
   * there.
   */
  public static void write(
      Path folder,
      String name,
      String source,
      String precision,
      String licence,
      JsonNode architecture,
      JsonNode tokens)
      throws IOException {
    ObjectNode json = JSON.createObjectNode();
    json.put("format", FORMAT).put("name", name).put("source", source);
    json.put("precision", precision).put("licence", licence);
    json.set("architecture", architecture);
    json.set("tokens", tokens);
    ObjectNode files = json.putObject("files");
    try (Stream<Path> there = Files.list(folder)) {
      for (Path file : there.filter(f -> !f.endsWith(FILE)).sorted().toList()) {
        files
            .putObject(file.getFileName().toString())
            .put("bytes", Files.size(file))
            .put("sha256", sha256(file));
      }
    }
    byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
    Files.write(folder.resolve(FILE), text);
  }

  /** Reads the manifest in {@code folder} and checks every file that it names. */
  public static Manifest verified(Path folder) {
    Manifest manifest = read(folder.resolve(FILE));
    manifest.files.entrySet().parallelStream()
        .forEach(file -> check(folder.resolve(file.getKey()), file.getValue()));
    return manifest;
  }

  /** Reads the manifest {@code file} alone. */
  public static Manifest read(Path file) {
    JsonNode json = json(file);
    if (json.path("format").asInt() != FORMAT) {
      throw new EngineException(
          Kind.BAD_MODEL,
          file + " is not of format " + FORMAT + "; build it again with `sotto model build`");
    }
    Map<String, Entry> files = new TreeMap<>();
    json.path("files")
        .properties()
        .forEach(
            f ->
                files.put(
                    plain(f.getKey(), file),
                    new Entry(
                        f.getValue().path("bytes").asLong(-1),
                        f.getValue().path("sha256").asText())));
    return new Manifest(
        json.path("name").asText(),
        json.path("source").asText(),
        json.path("precision").asText(),
        json.path("licence").asText(),
        json.path("architecture"),
        json.path("tokens"),
        files);
  }

  /** A bundle consists of files of its folder: no name leads out of it. */
  private static String plain(String name, Path manifest) {
    if (!PLAIN.matcher(name).matches()) {
      throw new EngineException(Kind.BAD_MODEL, manifest + " names a file outside its folder");
    }
    return name;
  }

  /** Parses a JSON file of a bundle. */
  static JsonNode json(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return JSON.readTree(in);
    } catch (JacksonException e) {
      throw new EngineException(Kind.BAD_MODEL, file + " is not JSON: copy the model again", e);
    } catch (IOException e) {
      throw new EngineException(Kind.BAD_MODEL, file + " cannot be read: copy the model again", e);
    }
  }

  private static void check(Path file, Entry expected) {
    try {
      long bytes = Files.size(file);
      if (bytes != expected.bytes) {
        throw new EngineException(
            Kind.BAD_MODEL,
            file
                + " has "
                + bytes
                + " bytes, its manifest says "
                + expected.bytes
                + ": copy the model again");
      }
      if (!sha256(file).equals(expected.sha256)) {
        throw new EngineException(
            Kind.BAD_MODEL,
            file + " is damaged (its SHA-256 is not the manifest's): copy the model again");
      }
    } catch (IOException e) {
      throw new EngineException(
          Kind.BAD_MODEL, file + " is missing or cannot be read: copy the model again", e);
    }
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest = digest();
    byte[] block = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        digest.update(block, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Whether the decoder is as deep as the encoder. One that was cut down (large-v3-turbo,
   * Distil-Whisper) was trained to transcribe alone: asked to translate, it transcribes.
   */
  boolean wholeDecoder() {
    return architecture.path("decoder_layers").asInt()
        >= architecture.path("encoder_layers").asInt();
  }

  /** SHA-256 over the files' digests in the order of their names: names the whole bundle. */
  String digestOfAll() {
    MessageDigest digest = digest();
    new TreeMap<>(files)
        .values()
        .forEach(entry -> digest.update(HexFormat.of().parseHex(entry.sha256)));
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
