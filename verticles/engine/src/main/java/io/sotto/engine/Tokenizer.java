package io.sotto.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.engine.EngineException.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Byte-level BPE as in GPT-2 (Radford et al. 2019), read from Hugging Face's {@code
 * tokenizer.json}. Each byte stands as one printable character; {@link #decode} undoes that, so a
 * character may be spread over several tokens.
 */
final class Tokenizer {
  private static final Pattern WORDS =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");
  private static final char[] CHAR_OF_BYTE = charOfByte();
  private static final Map<Character, Byte> BYTE_OF_CHAR = byteOfChar();

  private final Map<String, Integer> ids;
  private final byte[][] bytes;
  private final Map<Pair, Integer> ranks;

  private record Pair(String left, String right) {}

  private Tokenizer(Map<String, Integer> ids, byte[][] bytes, Map<Pair, Integer> ranks) {
    this.ids = ids;
    this.bytes = bytes;
    this.ranks = ranks;
  }

  static Tokenizer read(Path file) {
    JsonNode model = Manifest.json(file).path("model");
    Map<String, Integer> ids = HashMap.newHashMap(model.path("vocab").size());
    model.path("vocab").properties().forEach(e -> ids.put(e.getKey(), e.getValue().asInt()));
    if (!"BPE".equals(model.path("type").asText()) || ids.isEmpty()) {
      throw new EngineException(Kind.BAD_MODEL, file + " holds no byte-level BPE");
    }
    Map<Pair, Integer> ranks = HashMap.newHashMap(model.path("merges").size());
    for (JsonNode merge : model.path("merges")) {
      ranks.put(pair(merge), ranks.size());
    }
    int size = ids.values().stream().mapToInt(Integer::intValue).max().orElseThrow() + 1;
    byte[][] bytes = new byte[size][];
    ids.forEach((text, id) -> bytes[id] = toBytes(text));
    return new Tokenizer(ids, bytes, ranks);
  }

  /** Older files write a merge as one string with a space, newer ones as two. */
  private static Pair pair(JsonNode merge) {
    if (merge.isArray()) {
      return new Pair(merge.get(0).asText(), merge.get(1).asText());
    }
    String[] sides = merge.asText().split(" ", 2);
    return new Pair(sides[0], sides[1]);
  }

  /** The text of {@code tokens}; special tokens have none. Broken UTF-8 becomes U+FFFD. */
  String decode(List<Integer> tokens) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int token : tokens) {
      if (token < bytes.length && bytes[token] != null) {
        out.writeBytes(bytes[token]);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /** What {@code token} adds to the text, which may be a part of a character. */
  DecodedToken said(int token, double logprob) {
    List<Integer> own = new ArrayList<>();
    for (byte b : bytes[token]) {
      own.add(b & 0xff);
    }
    return new DecodedToken(new String(bytes[token], StandardCharsets.UTF_8), logprob, own);
  }

  /** The tokens of {@code text}, without special ones. */
  List<Integer> encode(String text) {
    List<Integer> tokens = new ArrayList<>();
    Matcher word = WORDS.matcher(text);
    while (word.find()) {
      for (String piece : merge(word.group())) {
        tokens.add(ids.get(piece));
      }
    }
    return tokens;
  }

  /** Joins the neighbours that were learnt first, until no pair is known. */
  private List<String> merge(String word) {
    List<String> pieces = new ArrayList<>();
    for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
      pieces.add(String.valueOf(CHAR_OF_BYTE[b & 0xff]));
    }
    while (pieces.size() > 1) {
      int best = -1;
      int bestRank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < pieces.size(); i++) {
        int rank =
            ranks.getOrDefault(new Pair(pieces.get(i), pieces.get(i + 1)), Integer.MAX_VALUE);
        if (rank < bestRank) {
          bestRank = rank;
          best = i;
        }
      }
      if (best < 0) {
        break;
      }
      pieces.set(best, pieces.get(best) + pieces.remove(best + 1));
    }
    return pieces;
  }

  private static byte[] toBytes(String text) {
    byte[] out = new byte[text.length()];
    for (int i = 0; i < out.length; i++) {
      Byte known = BYTE_OF_CHAR.get(text.charAt(i));
      if (known == null) {
        return text.getBytes(StandardCharsets.UTF_8); // an added token, written as it is
      }
      out[i] = known;
    }
    return out;
  }

  /** GPT-2's table: printable Latin-1 stands for itself, the other bytes follow from U+0100. */
  private static char[] charOfByte() {
    char[] table = new char[256];
    char next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      table[b] = printable ? (char) b : next++;
    }
    return table;
  }

  private static Map<Character, Byte> byteOfChar() {
    Map<Character, Byte> table = new HashMap<>();
    for (int b = 0; b < 256; b++) {
      table.put(CHAR_OF_BYTE[b], (byte) b);
    }
    return table;
  }
}
