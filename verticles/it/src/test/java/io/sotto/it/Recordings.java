package io.sotto.it;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Recordings from samples/, and longer ones joined from them. */
public final class Recordings {
  public static final Path HOME = Path.of(System.getProperty("sotto.home"));
  static final Path JFK = HOME.resolve("samples/jfk.wav");
  static final String JFK_WORDS =
      "and so my fellow americans ask not what your country can do for you"
          + " ask what you can do for your country";
  private static final int HEADER = 44;
  private static final int BYTES_PER_S = 32_000;

  private Recordings() {}

  /** {@code times} times the speech of jfk.wav, {@code pauseMs} of silence after each. */
  static Path repeated(Path to, int times, int pauseMs) throws IOException {
    byte[] jfk = Files.readAllBytes(JFK);
    int at = data(jfk);
    int speech = jfk.length - at;
    int pause = pauseMs * BYTES_PER_S / 1000;
    ByteBuffer out =
        ByteBuffer.allocate(HEADER + times * (speech + pause)).order(ByteOrder.LITTLE_ENDIAN);
    header(out, times * (speech + pause));
    for (int i = 0; i < times; i++) {
      out.put(jfk, at, speech).put(new byte[pause]);
    }
    return Files.write(to, out.array());
  }

  static Path silence(Path to, int seconds) throws IOException {
    ByteBuffer out =
        ByteBuffer.allocate(HEADER + seconds * BYTES_PER_S).order(ByteOrder.LITTLE_ENDIAN);
    header(out, seconds * BYTES_PER_S);
    return Files.write(to, out.array());
  }

  private static int data(byte[] wav) {
    for (int i = 12; ; i++) {
      if (wav[i] == 'd' && wav[i + 1] == 'a' && wav[i + 2] == 't' && wav[i + 3] == 'a') {
        return i + 8;
      }
    }
  }

  private static void header(ByteBuffer out, int bytes) {
    out.put("RIFF".getBytes()).putInt(bytes + HEADER - 8).put("WAVEfmt ".getBytes());
    out.putInt(16).putShort((short) 1).putShort((short) 1).putInt(16_000).putInt(BYTES_PER_S);
    out.putShort((short) 2).putShort((short) 16).put("data".getBytes()).putInt(bytes);
  }

  /** Lower case, no punctuation, one space between words. */
  static String words(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N}\\s]", "")
        .strip()
        .replaceAll("\\s+", " ");
  }
}
