package io.sotto.ingest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * An ELF shared object (x86-64) that has a name and nothing else. ffmpeg's device library asks the
 * loader for sound servers and displays that a server does not have and that decoding a file never
 * calls; these stand in for them (docs/adr/0006). Layout: System V ABI, chapters 4 and 5.
 */
final class StubLibrary {
  private static final int HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int DYNAMIC_ENTRY = 16;
  private static final int HASH = 16;
  private static final int SYMBOL = 24;
  private static final int PAGE = 0x1000;
  private static final int DT_NULL = 0;
  private static final int DT_HASH = 4;
  private static final int DT_STRTAB = 5;
  private static final int DT_SYMTAB = 6;
  private static final int DT_STRSZ = 10;
  private static final int DT_SYMENT = 11;
  private static final int DT_SONAME = 14;
  private static final int DYNAMIC_ENTRIES = 7;

  private StubLibrary() {}

  static byte[] named(String soname) {
    byte[] name = soname.getBytes(StandardCharsets.US_ASCII);
    int strings = name.length + 2;
    int dynamicAt = HEADER + 2 * PROGRAM_HEADER;
    int dynamic = DYNAMIC_ENTRIES * DYNAMIC_ENTRY;
    int hashAt = dynamicAt + dynamic;
    int symbolsAt = hashAt + HASH;
    int stringsAt = symbolsAt + SYMBOL;
    int size = stringsAt + strings;
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    header(out);
    programHeader(out, 1, 6, 0, size, PAGE);
    programHeader(out, 2, 6, dynamicAt, dynamic, 8);
    entry(out, DT_HASH, hashAt);
    entry(out, DT_STRTAB, stringsAt);
    entry(out, DT_SYMTAB, symbolsAt);
    entry(out, DT_STRSZ, strings);
    entry(out, DT_SYMENT, SYMBOL);
    entry(out, DT_SONAME, 1);
    entry(out, DT_NULL, 0);
    out.putInt(1).putInt(1).putInt(0).putInt(0); // one bucket, one symbol: the undefined one
    out.put(new byte[SYMBOL]);
    out.put((byte) 0).put(name).put((byte) 0);
    return out.array();
  }

  private static void header(ByteBuffer out) {
    out.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1).put(new byte[9]);
    out.putShort((short) 3).putShort((short) 62).putInt(1); // shared object, x86-64
    out.putLong(0).putLong(HEADER).putLong(0).putInt(0);
    out.putShort((short) HEADER).putShort((short) PROGRAM_HEADER).putShort((short) 2);
    out.putShort((short) 64).putShort((short) 0).putShort((short) 0);
  }

  private static void programHeader(
      ByteBuffer out, int type, int flags, long offset, long size, long align) {
    out.putInt(type).putInt(flags).putLong(offset).putLong(offset).putLong(offset);
    out.putLong(size).putLong(size).putLong(align);
  }

  private static void entry(ByteBuffer out, long tag, long value) {
    out.putLong(tag).putLong(value);
  }
}
