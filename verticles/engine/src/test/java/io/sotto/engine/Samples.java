package io.sotto.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The recordings and models at the root of the project. */
final class Samples {
  static final Path HOME = Path.of(System.getProperty("sotto.home", "../.."));
  static final Path WHISPER = HOME.resolve("models/whisper-base");
  static final Path SILERO = HOME.resolve("models/silero-vad");

  private Samples() {}

  /** A sample of mono 16 kHz WAV, PCM16 or float32, found behind its header's "data". */
  static float[] read(String name) {
    try {
      byte[] file = Files.readAllBytes(HOME.resolve("samples").resolve(name));
      ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
      int at = 12;
      while (in.getInt(at) != 0x61746164) {
        at += 8 + in.getInt(at + 4);
      }
      boolean floats = in.getShort(20) == 3;
      float[] samples = new float[in.getInt(at + 4) / (floats ? 4 : 2)];
      for (int i = 0; i < samples.length; i++) {
        samples[i] = floats ? in.getFloat(at + 8 + 4 * i) : in.getShort(at + 8 + 2 * i) / 32768f;
      }
      return samples;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static float[] silence(double seconds) {
    return new float[(int) (seconds * Transcriber.SAMPLE_RATE)];
  }

  static float[] join(float[]... parts) {
    float[] all = new float[Arrays.stream(parts).mapToInt(p -> p.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
