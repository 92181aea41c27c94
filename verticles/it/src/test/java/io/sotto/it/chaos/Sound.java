package io.sotto.it.chaos;

import io.sotto.engine.Wav;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/**
 * A recording made up from a number: bursts of noise, each different, with silence between them
 * that is long enough to be cut at. The same number gives the same bytes.
 */
record Sound(int number, short[] samples, int rate) {
  private static final int RATE = 16_000;
  private static final int SAMPLES_PER_MS = RATE / 1000;
  private static final int RATE_AT = 24;
  private static final int BYTES_PER_SECOND_AT = 28;
  private static final int SLOW_RATE = 1_000;
  private static final int SLOW_BURST_MS = 192;
  private static final int BURST_MS = 512;
  private static final int SILENCE_MS = 3_264;
  private static final int BURSTS_MIN = 2;
  private static final int BURSTS_SPREAD = 4;
  private static final int LOUDEST = 8_000;

  /** Louder than anything else: the sample after it says of which recording this is. */
  private static final short MARK = Short.MAX_VALUE;

  static Sound of(int number) {
    return of(number, BURSTS_MIN + number % BURSTS_SPREAD);
  }

  /** Of so many bursts, each a chunk. */
  static Sound of(int number, int bursts) {
    int lengthMs = bursts * BURST_MS + (bursts - 1) * SILENCE_MS;
    short[] samples = new short[lengthMs * SAMPLES_PER_MS];
    Random noise = new Random(number);
    for (int burst = 0; burst < bursts; burst++) {
      int from = burst * (BURST_MS + SILENCE_MS) * SAMPLES_PER_MS;
      for (int i = 0; i < BURST_MS * SAMPLES_PER_MS; i++) {
        samples[from + i] = (short) (noise.nextInt(2 * LOUDEST) - LOUDEST);
      }
    }
    return new Sound(number, samples, RATE);
  }

  /**
   * Of so many short bursts, each a chunk, in a sixteenth of the bytes: what a decoder makes of it
   * only it knows.
   */
  static Sound slow(int number, int bursts) {
    int every = (SLOW_BURST_MS + SILENCE_MS) * SLOW_RATE / 1000;
    short[] samples = new short[bursts * every];
    Random noise = new Random(number);
    for (int burst = 0; burst < bursts; burst++) {
      for (int i = 0; i < SLOW_BURST_MS * SLOW_RATE / 1000; i++) {
        samples[burst * every + i] = (short) (noise.nextInt(2 * LOUDEST) - LOUDEST);
      }
    }
    return new Sound(number, samples, SLOW_RATE);
  }

  /** The same; the second chunk ends the process of the fake engine that gets it. */
  static Sound poisoned(int number, int bursts) {
    Sound sound = of(number, bursts);
    int middle = (BURST_MS + SILENCE_MS + BURST_MS / 2) * SAMPLES_PER_MS;
    sound.samples[middle] = MARK;
    sound.samples[middle + 1] = (short) number;
    return sound;
  }

  /** The number of the poisoned recording that {@code samples} are the worst of. */
  static OptionalInt poison(short[] samples) {
    for (int i = 0; i < samples.length - 1; i++) {
      if (samples[i] == MARK) {
        return OptionalInt.of(samples[i + 1]);
      }
    }
    return OptionalInt.empty();
  }

  static List<Sound> several(int count) {
    List<Sound> sounds = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      sounds.add(of(number));
    }
    return List.copyOf(sounds);
  }

  byte[] wav() {
    byte[] file = Wav.write(samples, 0, samples.length);
    ByteBuffer.wrap(file)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(RATE_AT, rate)
        .putInt(BYTES_PER_SECOND_AT, rate * Short.BYTES);
    return file;
  }

  /** What the fake engine must say of the stretch from {@code startMs} to {@code endMs}. */
  String text(long startMs, long endMs) {
    int from = (int) startMs * SAMPLES_PER_MS;
    return FakeText.of(samples, from, (int) endMs * SAMPLES_PER_MS - from);
  }
}
