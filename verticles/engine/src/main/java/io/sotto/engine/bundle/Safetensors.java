package io.sotto.engine.bundle;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sotto.engine.EngineException;
import io.sotto.engine.EngineException.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One safetensors file (huggingface/safetensors, format 0.x): eight bytes of header length, a JSON
 * header with type, shape and place of every tensor, then the tensors. Mapped, so that only what is
 * read is in memory; every number of the header is checked before it is used.
 */
final class Safetensors implements AutoCloseable {
  /** The reference implementation's own limit. */
  private static final long HEADER_BYTES_MAX = 100_000_000;

  private static final int LENGTH_BYTES = 8;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment data;
  private final Map<String, Entry> entries = new TreeMap<>();

  private enum Type {
    F32(4),
    F16(2),
    BF16(2);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }
  }

  /** {@code type} as the file names it; places are bytes from the end of the header. */
  private record Entry(String type, long[] shape, long begin, long end) {}

  Safetensors(Path file) {
    this.file = file;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < LENGTH_BYTES) {
        throw bad("has " + size + " bytes: no header", null);
      }
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      long header = all.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
      if (header < 2 || header > HEADER_BYTES_MAX || header > size - LENGTH_BYTES) {
        throw bad(
            "says its header has " + header + " bytes, in a file of " + size + ": truncated?",
            null);
      }
      data = all.asSlice(LENGTH_BYTES + header);
      parse(all.asSlice(LENGTH_BYTES, header).toArray(ValueLayout.JAVA_BYTE));
    } catch (IOException e) {
      arena.close();
      throw bad("cannot be read", e);
    } catch (EngineException e) {
      arena.close();
      throw e;
    }
  }

  private void parse(byte[] header) {
    JsonNode json;
    try {
      json = JSON.readTree(header);
    } catch (JacksonException e) {
      throw bad("has a header that is not JSON", e);
    } catch (IOException e) {
      throw bad("has a header that cannot be read", e);
    }
    json.properties().stream()
        .filter(entry -> !entry.getKey().equals("__metadata__"))
        .forEach(entry -> entries.put(entry.getKey(), entry(entry.getKey(), entry.getValue())));
  }

  private Entry entry(String name, JsonNode json) {
    JsonNode offsets = json.path("data_offsets");
    JsonNode sides = json.path("shape");
    if (offsets.size() != 2 || !sides.isArray() || sides.size() > 8) {
      throw bad("tensor " + name + ": no shape or no data_offsets", null);
    }
    long[] shape = new long[sides.size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = sides.get(i).asLong(-1);
    }
    long begin = offsets.get(0).asLong(-1);
    long end = offsets.get(1).asLong(-1);
    if (begin < 0 || end < begin || end > data.byteSize()) {
      throw bad(
          "tensor %s lies at %d to %d, the data have %d bytes: truncated?"
              .formatted(name, begin, end, data.byteSize()),
          null);
    }
    return new Entry(json.path("dtype").asText(), shape, begin, end);
  }

  Set<String> names() {
    return entries.keySet();
  }

  /**
   * The tensor {@code name} as fp32, row-major.
   *
   * @throws EngineException of kind {@code BAD_MODEL} when it is not there, has another shape, or a
   *     type other than F32, F16 and BF16
   */
  float[] read(String name, int... shape) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw bad("has no tensor " + name, null);
    }
    if (!Arrays.equals(entry.shape, Arrays.stream(shape).asLongStream().toArray())) {
      throw bad(
          "tensor %s has the shape %s, the configuration asks for %s"
              .formatted(name, Arrays.toString(entry.shape), Arrays.toString(shape)),
          null);
    }
    Type type = type(name, entry);
    long count = Arrays.stream(entry.shape).reduce(1, Math::multiplyExact);
    if (count > Integer.MAX_VALUE - 8 || count * type.bytes != entry.end - entry.begin) {
      throw bad(
          "tensor %s has %d bytes, its shape %s of %s needs %d"
              .formatted(
                  name,
                  entry.end - entry.begin,
                  Arrays.toString(entry.shape),
                  type,
                  count * type.bytes),
          null);
    }
    return floats(type, data.asSlice(entry.begin, entry.end - entry.begin), (int) count);
  }

  private Type type(String name, Entry entry) {
    try {
      return Type.valueOf(entry.type.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw bad("tensor " + name + " is of type " + entry.type + ", not F32, F16 or BF16", e);
    }
  }

  private static float[] floats(Type type, MemorySegment from, int count) {
    float[] values = new float[count];
    switch (type) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          values[i] = Float.intBitsToFloat(from.get(INT, 4L * i));
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          values[i] = Float.float16ToFloat(from.get(SHORT, 2L * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          values[i] = Float.intBitsToFloat(from.get(SHORT, 2L * i) << 16);
        }
      }
    }
    return values;
  }

  private EngineException bad(String what, @org.jspecify.annotations.Nullable Throwable cause) {
    String message = file + " " + what + "; download the checkpoint again";
    return cause == null
        ? new EngineException(Kind.BAD_MODEL, message)
        : new EngineException(Kind.BAD_MODEL, message, cause);
  }

  @Override
  public void close() {
    arena.close();
  }
}
