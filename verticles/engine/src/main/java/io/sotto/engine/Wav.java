package io.sotto.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The form of a stored chunk: RIFF WAVE, mono, 16 kHz, PCM16 little endian, a 44-byte header and
 * nothing else.
 */
public final class Wav {
  private static final int HEADER_BYTES = 44;
  private static final int BYTES_PER_SAMPLE = 2;

  private Wav() {}

  /** A whole file of {@code count} samples beginning at {@code offset}. */
  public static byte[] write(short[] samples, int offset, int count) {
    int data = count * BYTES_PER_SAMPLE;
    ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + data).order(ByteOrder.LITTLE_ENDIAN);
    out.put(ascii("RIFF")).putInt(HEADER_BYTES - 8 + data).put(ascii("WAVE"));
    out.put(ascii("fmt ")).putInt(16).putShort((short) 1).putShort((short) 1);
    out.putInt(Transcriber.SAMPLE_RATE).putInt(Transcriber.SAMPLE_RATE * BYTES_PER_SAMPLE);
    out.putShort((short) BYTES_PER_SAMPLE).putShort((short) 16).put(ascii("data")).putInt(data);
    out.asShortBuffer().put(samples, offset, count);
    return out.array();
  }

  /** The samples of a file that {@link #write} made, in [-1, 1]; anything else is refused. */
  public static float[] read(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    boolean ours =
        file.length >= HEADER_BYTES
            && in.getInt(0) == 0x46464952
            && in.getInt(24) == Transcriber.SAMPLE_RATE
            && in.getInt(40) == file.length - HEADER_BYTES;
    if (!ours) {
      throw new EngineException(
          EngineException.Kind.BAD_REQUEST,
          "not a chunk of mono 16 kHz PCM16 WAV: " + file.length + " bytes");
    }
    float[] samples = new float[(file.length - HEADER_BYTES) / BYTES_PER_SAMPLE];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = in.getShort(HEADER_BYTES + i * BYTES_PER_SAMPLE) / 32768f;
    }
    return samples;
  }

  private static byte[] ascii(String four) {
    return four.getBytes(StandardCharsets.US_ASCII);
  }
}
