package io.sotto.engine.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A graph being written: nodes in the order they are made, small tensors inside {@code NAME.onnx},
 * larger ones appended to {@code NAME.weights} at once, so that no more than one is in memory. ONNX
 * IR 10, operator sets 20 and com.microsoft 1 (onnx.proto, external data).
 */
final class GraphFile implements AutoCloseable {
  /** Batch dimension: as many rows as a run is given. */
  static final Object BATCH = "batch";

  private static final int IR_VERSION = 10;
  private static final int OPSET = 20;
  private static final int INLINE_BYTES_MAX = 1_023;
  private static final String MICROSOFT = "com.microsoft";
  private static final Set<String> CONTRIBUTED =
      Set.of(
          "DynamicQuantizeMatMul",
          "GroupQueryAttention",
          "MatMulIntegerToFloat",
          "MatMulNBits",
          "MultiHeadAttention",
          "SkipLayerNormalization");

  /** Element types by their number in onnx.proto. */
  enum Type {
    FLOAT(1, 4),
    UINT8(2, 1),
    INT8(3, 1),
    INT32(6, 4),
    INT64(7, 8),
    HALF(10, 2);

    private final int number;
    private final int bytes;

    Type(int number, int bytes) {
      this.number = number;
      this.bytes = bytes;
    }

    int number() {
      return number;
    }
  }

  private final Path folder;
  private final String name;
  private final Type real;
  private final OutputStream weights;
  private final ProtoWriter graph = new ProtoWriter();
  private final ProtoWriter doors = new ProtoWriter();
  private final Set<String> known = new HashSet<>();
  private long offset;
  private int count;

  /** {@code real}, FLOAT or HALF, is what real-valued weights are stored as. */
  GraphFile(Path folder, String name, Type real) throws IOException {
    this.folder = folder;
    this.name = name;
    this.real = real;
    this.weights = Files.newOutputStream(folder.resolve(name + ".weights"));
  }

  Type real() {
    return real;
  }

  void input(String input, Type type, Object... shape) {
    doors.message(11, value(input, type, shape));
  }

  void output(String output, Type type, Object... shape) {
    doors.message(12, value(output, type, shape));
  }

  private static ProtoWriter value(String value, Type type, Object... shape) {
    ProtoWriter sides = new ProtoWriter();
    for (Object side : shape) {
      sides.message(
          1,
          side instanceof Integer n
              ? new ProtoWriter().integer(1, n)
              : new ProtoWriter().text(2, side.toString()));
    }
    ProtoWriter tensor = new ProtoWriter().integer(1, type.number).message(2, sides);
    return new ProtoWriter().text(1, value).message(2, new ProtoWriter().message(1, tensor));
  }

  /** A tensor of real numbers in the graph's own precision. Made once a name; gives the name. */
  String real(String tensor, float[] data, int... shape) {
    return known.contains(tensor) ? tensor : weight(tensor, real, encode(real, data), shape);
  }

  /** A constant in fp32, whatever the graph's precision. */
  String single(String tensor, float value) {
    return known.contains(tensor)
        ? tensor
        : weight(tensor, Type.FLOAT, encode(Type.FLOAT, new float[] {value}));
  }

  String floats(String tensor, float[] data, int... shape) {
    return known.contains(tensor)
        ? tensor
        : weight(tensor, Type.FLOAT, encode(Type.FLOAT, data), shape);
  }

  String integers(String tensor, long... data) {
    ByteBuffer bytes = buffer(data.length * Type.INT64.bytes);
    for (long value : data) {
      bytes.putLong(value);
    }
    return weight(tensor, Type.INT64, bytes.array(), data.length);
  }

  String weight(String tensor, Type type, byte[] data, int... shape) {
    if (!known.add(tensor)) {
      return tensor;
    }
    ProtoWriter proto = new ProtoWriter();
    for (int side : shape) {
      proto.integer(1, side);
    }
    proto.integer(2, type.number).text(8, tensor);
    if (data.length <= INLINE_BYTES_MAX) {
      proto.bytes(9, data);
    } else {
      append(data);
      proto
          .message(13, pair("location", name + ".weights"))
          .message(13, pair("offset", Long.toString(offset - data.length)))
          .message(13, pair("length", Integer.toString(data.length)))
          .integer(14, 1);
    }
    doors.message(5, proto);
    return tensor;
  }

  private static ProtoWriter pair(String key, String value) {
    return new ProtoWriter().text(1, key).text(2, value);
  }

  private void append(byte[] data) {
    try {
      weights.write(data);
      offset += data.length;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] encode(Type type, float[] data) {
    ByteBuffer bytes = buffer(Math.multiplyExact(data.length, type.bytes));
    for (float value : data) {
      if (type == Type.HALF) {
        bytes.putShort(Float.floatToFloat16(value));
      } else {
        bytes.putFloat(value);
      }
    }
    return bytes.array();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Begins a node of operator {@code kind}; an empty input name leaves that input out. */
  Node node(String kind, String... inputs) {
    return new Node(kind, List.of(inputs));
  }

  /** A node until its outputs are named. */
  final class Node {
    private final String kind;
    private final List<String> inputs;
    private final ProtoWriter attributes = new ProtoWriter();

    private Node(String kind, List<String> inputs) {
      this.kind = kind;
      this.inputs = inputs;
    }

    Node with(String attribute, long value) {
      return attribute(new ProtoWriter().text(1, attribute).integer(3, value).integer(20, 2));
    }

    Node with(String attribute, float value) {
      return attribute(new ProtoWriter().text(1, attribute).real(2, value).integer(20, 1));
    }

    Node with(String attribute, String value) {
      return attribute(new ProtoWriter().text(1, attribute).text(4, value).integer(20, 3));
    }

    Node withAll(String attribute, long... values) {
      ProtoWriter proto = new ProtoWriter().text(1, attribute);
      for (long value : values) {
        proto.integer(8, value);
      }
      return attribute(proto.integer(20, 7));
    }

    private Node attribute(ProtoWriter proto) {
      attributes.message(5, proto);
      return this;
    }

    /** Its only output, under a fresh name. */
    String out() {
      return outs(1).getFirst();
    }

    List<String> outs(int n) {
      List<String> names = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        names.add(kind + "_" + (count + 1) + "_" + i);
      }
      return named(names.toArray(String[]::new));
    }

    List<String> named(String... outputs) {
      count++;
      ProtoWriter proto = new ProtoWriter();
      inputs.forEach(input -> proto.text(1, input));
      List.of(outputs).forEach(output -> proto.text(2, output));
      proto.text(3, kind + "_" + count).text(4, kind);
      byte[] written = attributes.toBytes();
      if (CONTRIBUTED.contains(kind)) {
        proto.text(7, MICROSOFT);
      }
      graph.bytes(1, concatenated(proto.toBytes(), written));
      return List.of(outputs);
    }
  }

  private static byte[] concatenated(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  /** Writes {@code NAME.onnx}; nothing can be added after it. */
  void save() throws IOException {
    byte[] body = concatenated(graph.text(2, name).toBytes(), doors.toBytes());
    ProtoWriter model = new ProtoWriter().integer(1, IR_VERSION).text(2, "sotto").bytes(7, body);
    model.message(8, new ProtoWriter().text(1, "").integer(2, OPSET));
    model.message(8, new ProtoWriter().text(1, MICROSOFT).integer(2, 1));
    Files.write(folder.resolve(name + ".onnx"), model.toBytes());
  }

  @Override
  public void close() throws IOException {
    weights.close();
  }
}
