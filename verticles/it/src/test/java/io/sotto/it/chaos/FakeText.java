package io.sotto.it.chaos;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What the fake engine says of a chunk: four words out of the SHA-256 of its samples, so that a
 * text tells byte for byte which sound it was made from.
 */
final class FakeText {
  private static final int WORDS = 4;
  private static final int BYTES_PER_WORD = 2;

  private FakeText() {}

  /** The text, each word with its leading space as Whisper writes them. */
  static String of(short[] samples, int from, int count) {
    byte[] digest = digest(samples, from, count);
    StringBuilder text = new StringBuilder();
    for (int word = 0; word < WORDS; word++) {
      int at = word * BYTES_PER_WORD;
      text.append(' ').append(HexFormat.of().formatHex(digest, at, at + BYTES_PER_WORD));
    }
    return text.toString();
  }

  private static byte[] digest(short[] samples, int from, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asShortBuffer().put(samples, from, count);
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes.array());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
