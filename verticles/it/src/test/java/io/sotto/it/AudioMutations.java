package io.sotto.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Recordings that are broken in the ways files are broken, by accident and on purpose. */
final class AudioMutations {
  private static final int SHORT_BYTES = 48_000;
  private static final int[] SIZES = {0, 1, 43, 0x7fffffff, 0x80000000, 0xffffffff};
  private static final int[] RATES = {0, 1, 7, 8_000, 384_000, 0x7fffffff, (int) 4_000_000_000L};
  private static final int[] CHANNELS = {0, 2, 255, 65_535};
  private static final int[] BITS = {0, 1, 7, 24, 64, 65_535};
  private static final int[] CODECS = {0, 2, 3, 6, 0x55, 0x161, 0xfffe, 65_535};
  private static final List<String> NAMES =
      List.of("a.wav", "a.mp3", "a.m4a", "a.ogg", "a.webm", "a.exe", "a", "../../a.wav", "a.m3u8");

  /** Texts that media players follow to other files, and magic numbers with nothing behind them. */
  private static final List<String> LURES =
      List.of(
          "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
          "#EXTM3U\n"
              + "#EXT-X-MEDIA-SEQUENCE:0\n"
              + "#EXTINF:10,\n"
              + "http://127.0.0.1:1/x.ts\n"
              + "#EXT-X-ENDLIST\n",
          "ffconcat version 1.0\nfile /etc/passwd\nfile '/etc/hostname'\n",
          "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
          "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM"
              + " \"file:///etc/passwd\">]><MPD>&b;</MPD>",
          "[playlist]\nFile1=file:///etc/passwd\nNumberOfEntries=1\n",
          "OggS\0\2",
          "fLaC\0\0\0\"",
          "ID3\4\0\0\177\177\177\177",
          "\32E\337\243",
          "\0\0\0\30ftypM4A ",
          "FORM\177\177\177\177AIFFCOMM",
          "\377\373\220\0",
          "PK\3\4",
          "RIFF");

  private final List<byte[]> originals;

  AudioMutations() throws IOException {
    byte[] jfk = Files.readAllBytes(Recordings.JFK);
    byte[] mp3 = Files.readAllBytes(Recordings.HOME.resolve("samples/jfk.mp3"));
    originals =
        List.of(
            Arrays.copyOf(jfk, SHORT_BYTES),
            Arrays.copyOf(mp3, Math.min(mp3.length, SHORT_BYTES / 2)),
            Files.readAllBytes(Recordings.HOME.resolve("samples/it-ciao.wav")),
            Files.readAllBytes(Recordings.HOME.resolve("samples/zh-nihao.wav")));
  }

  /** What {@code random} makes of one of the originals, in one to three steps. */
  byte[] next(Random random) {
    byte[] bytes = originals.get(random.nextInt(originals.size())).clone();
    for (int steps = 1 + random.nextInt(3); steps > 0; steps--) {
      bytes = mutated(bytes, random);
    }
    return bytes;
  }

  String name(Random random) {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  private byte[] mutated(byte[] bytes, Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> flipped(bytes, random, bytes.length);
      case 1 -> flipped(bytes, random, Math.min(64, bytes.length));
      case 2 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      case 3 -> lie(bytes, random);
      case 4 -> lie(lie(bytes, random), random);
      case 5 -> zeroed(bytes, random);
      case 6 -> joined(bytes, originals.get(random.nextInt(originals.size())));
      case 7 -> joined(noise(random), bytes);
      case 8 -> nested(bytes, random);
      case 9 -> lure(random);
      case 10 -> bomb(random);
      default -> random.nextInt(4) == 0 ? new byte[0] : noise(random);
    };
  }

  private static byte[] flipped(byte[] bytes, Random random, int within) {
    for (int n = 1 + random.nextInt(64); n > 0 && within > 0; n--) {
      bytes[random.nextInt(within)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  /** A field of a WAV header that says what is not so. */
  private static byte[] lie(byte[] bytes, Random random) {
    if (bytes.length < 44) {
      return bytes;
    }
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    switch (random.nextInt(8)) {
      case 0 -> header.putInt(4, one(SIZES, random));
      case 1 -> header.putInt(16, one(SIZES, random));
      case 2 -> header.putShort(20, (short) one(CODECS, random));
      case 3 -> header.putShort(22, (short) one(CHANNELS, random));
      case 4 -> header.putInt(24, one(RATES, random));
      case 5 -> header.putInt(28, one(RATES, random));
      case 6 -> header.putShort(34, (short) one(BITS, random));
      default -> header.putInt(40, one(SIZES, random));
    }
    return bytes;
  }

  private static int one(int[] of, Random random) {
    return of[random.nextInt(of.length)];
  }

  private static byte[] zeroed(byte[] bytes, Random random) {
    if (bytes.length > 0) {
      int from = random.nextInt(bytes.length);
      Arrays.fill(bytes, from, from + random.nextInt(bytes.length - from + 1), (byte) 0);
    }
    return bytes;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(first);
    out.writeBytes(second);
    return out.toByteArray();
  }

  private static byte[] noise(Random random) {
    byte[] noise = new byte[1 + random.nextInt(4_000)];
    random.nextBytes(noise);
    return noise;
  }

  /** A file in a file in a file, each the sound of a WAV around it. */
  private static byte[] nested(byte[] bytes, Random random) {
    byte[] inner = bytes;
    for (int depth = 1 + random.nextInt(8); depth > 0; depth--) {
      inner = wav(16_000, 1, 8, inner);
    }
    return inner;
  }

  /** Few bytes that are hours of sound, or claim to be. */
  private static byte[] bomb(Random random) {
    byte[] few = new byte[10_000 + random.nextInt(40_000)];
    return switch (random.nextInt(3)) {
      case 0 -> wav(1, 1, 8, few);
      case 1 -> wav(100 + random.nextInt(400), 1, 8, few);
      default -> wav((int) 4_000_000_000L, 255, 32, few);
    };
  }

  private static byte[] lure(Random random) {
    return LURES.get(random.nextInt(LURES.size())).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] wav(int rate, int channels, int bits, byte[] sound) {
    ByteBuffer out = ByteBuffer.allocate(44 + sound.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + sound.length);
    out.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16).putShort((short) 1);
    out.putShort((short) channels).putInt(rate).putInt(rate * channels * bits / 8);
    out.putShort((short) (channels * bits / 8)).putShort((short) bits);
    out.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(sound.length).put(sound);
    return out.array();
  }
}
