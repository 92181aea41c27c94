package io.sotto.engine;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.sotto.engine.EngineException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The two sessions of a model and the memory between them. {@code rows} rows lie one after the
 * other in every buffer; the encoder writes a window's keys and values straight into its row, the
 * decoder reads the first rows of the same memory and writes its caches in place, so nothing is
 * copied but a row's logits. Belongs to one thread.
 */
final class Graphs implements AutoCloseable {
  private static final int FRAMES = 1_500;
  private static final int HEAD_WIDTH = 64;
  private static final int LAST_FRAME = FRAMES - 1;

  private final OrtEnvironment env = OrtEnvironment.getEnvironment();
  private final ModelBundle.Dimensions size;
  private final int rows;
  private final OrtSession encoder;
  private final OrtSession decoder;
  private final List<OnnxTensor> tensors = new ArrayList<>();
  private final Map<String, ByteBuffer> buffers = new LinkedHashMap<>();
  private final FloatBuffer mel;
  private final Map<String, OnnxTensor> encoderInput;
  private final Map<Integer, Map<String, OnnxTensor>> encoderOutputs = new HashMap<>();
  private final Map<Integer, Step> steps = new HashMap<>();

  /** Tensors over the first rows: what a decoder step of that many rows reads and writes. */
  private record Step(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {}

  private enum Kinds {
    FLOAT(4),
    INT32(4),
    INT64(8),
    INT8(1);

    private final int bytes;

    Kinds(int bytes) {
      this.bytes = bytes;
    }
  }

  Graphs(ModelBundle bundle, LaneOptions options) {
    size = bundle.dimensions();
    rows = options.rows();
    try (SessionOptions settings = new SessionOptions()) {
      settings.setIntraOpNumThreads(options.threadsOrCores());
      // patterns are kept per shape and thread: with rows that come and go they only hold memory
      settings.setMemoryPatternOptimization(false);
      // threads that spin while they wait take the cores from everything else on the machine
      settings.addConfigEntry("session.intra_op.allow_spinning", "0");
      encoder = env.createSession(bundle.file("encoder.onnx").toString(), settings);
      decoder = env.createSession(bundle.file("decoder.onnx").toString(), settings);
      ByteBuffer melBytes = memory(size.melBins() * LogMel.FRAMES * Kinds.FLOAT.bytes);
      mel = melBytes.asFloatBuffer();
      encoderInput = Map.of("mel", tensor(melBytes, Kinds.FLOAT, 1, size.melBins(), LogMel.FRAMES));
    } catch (OrtException e) {
      throw new EngineException(
          Kind.BAD_MODEL, bundle.file("*.onnx") + " cannot be loaded: " + e.getMessage(), e);
    }
    allocate();
  }

  private static ByteBuffer memory(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private void allocate() {
    for (String name : List.of("ids", "pos", "seqlens", "cross_len")) {
      buffers.put(name, memory(rows * Kinds.INT32.bytes));
    }
    buffers.put("total", memory(Kinds.INT32.bytes));
    buffers.put("cross_total", memory(Kinds.INT32.bytes).putInt(0, FRAMES));
    int vocabulary = rows * size.vocabulary() * Kinds.FLOAT.bytes;
    buffers.put("mask", memory(vocabulary)); // stays zero: the rules are ours
    buffers.put("logits", memory(vocabulary));
    buffers.put("next", memory(rows * Kinds.INT64.bytes));
    for (int row = 0; row < rows; row++) {
      ints("cross_len").put(row, LAST_FRAME);
    }
    int cache = rows * size.heads() * size.textPositions() * HEAD_WIDTH * Kinds.FLOAT.bytes;
    for (int layer = 0; layer < size.layers(); layer++) {
      for (String kind : List.of("k", "v")) {
        buffers.put("past_" + kind + "_" + layer, memory(cache));
        buffers.put("cross_" + kind + "_" + layer, memory(rows * crossBytes()));
        buffers.put(kind + "_scale_" + layer, memory(rows * scaleBytes()));
      }
    }
  }

  private int crossBytes() {
    return size.heads() * FRAMES * HEAD_WIDTH;
  }

  private int scaleBytes() {
    return size.modelWidth() * Kinds.FLOAT.bytes;
  }

  private IntBuffer ints(String name) {
    return buffers.get(name).asIntBuffer();
  }

  private OnnxTensor tensor(ByteBuffer bytes, Kinds kind, long... shape) throws OrtException {
    ByteBuffer view = bytes.duplicate().order(ByteOrder.nativeOrder()).rewind();
    OnnxTensor made =
        switch (kind) {
          case FLOAT -> OnnxTensor.createTensor(env, view.asFloatBuffer(), shape);
          case INT32 -> OnnxTensor.createTensor(env, view.asIntBuffer(), shape);
          case INT64 -> OnnxTensor.createTensor(env, view.asLongBuffer(), shape);
          case INT8 -> OnnxTensor.createTensor(env, view, shape, OnnxJavaType.INT8);
        };
    tensors.add(made);
    return made;
  }

  /** Where the next window's features go, [bins, 3000]. */
  FloatBuffer mel() {
    return mel.rewind();
  }

  /** Encodes {@link #mel} into {@code row}. */
  void encode(int row) {
    try {
      Map<String, OnnxTensor> outputs = encoderOutputs.get(row);
      if (outputs == null) {
        outputs = rowOutputs(row);
        encoderOutputs.put(row, outputs);
      }
      encoder.run(encoderInput, Set.of(), outputs).close();
    } catch (OrtException e) {
      throw OrtLibrary.fault("the encoder failed", e);
    }
  }

  private Map<String, OnnxTensor> rowOutputs(int row) throws OrtException {
    Map<String, OnnxTensor> outputs = new HashMap<>();
    for (int layer = 0; layer < size.layers(); layer++) {
      for (String kind : List.of("k", "v")) {
        String cross = "cross_" + kind + "_" + layer;
        String scale = kind + "_scale_" + layer;
        outputs.put(
            cross,
            tensor(
                slice(cross, row * crossBytes(), crossBytes()),
                Kinds.INT8,
                1,
                size.heads(),
                FRAMES,
                HEAD_WIDTH));
        outputs.put(
            scale,
            tensor(
                slice(scale, row * scaleBytes(), scaleBytes()),
                Kinds.FLOAT,
                1,
                1,
                size.modelWidth()));
      }
    }
    return outputs;
  }

  private ByteBuffer slice(String name, int from, int bytes) {
    return buffers.get(name).slice(from, bytes).order(ByteOrder.nativeOrder());
  }

  /** Puts {@code token} at {@code position} of {@code row} for the next {@link #step}. */
  void feed(int row, int token, int position) {
    ints("ids").put(row, token);
    ints("pos").put(row, position);
    ints("seqlens").put(row, position);
  }

  /**
   * One decoder step of the first {@code live} rows; the longest of them has {@code total} tokens.
   */
  void step(int live, int total) {
    ints("total").put(0, total);
    try {
      Step step = steps.get(live);
      if (step == null) {
        step = stepOf(live);
        steps.put(live, step);
      }
      decoder.run(step.inputs, Set.of(), step.outputs).close();
    } catch (OrtException e) {
      throw OrtLibrary.fault("the decoder failed", e);
    }
  }

  /** Copies the logits of {@code row} after a step into {@code into} ([vocabulary]). */
  void logits(int row, float[] into) {
    buffers.get("logits").asFloatBuffer().get(row * size.vocabulary(), into);
  }

  private Step stepOf(int n) throws OrtException {
    Map<String, OnnxTensor> in = new HashMap<>();
    Map<String, OnnxTensor> out = new HashMap<>();
    in.put("ids", first("ids", Kinds.INT32, n, 1));
    in.put("pos", first("pos", Kinds.INT32, n, 1));
    in.put("seqlens", first("seqlens", Kinds.INT32, n));
    in.put("cross_len", first("cross_len", Kinds.INT32, n));
    in.put("total", first("total", Kinds.INT32, 1));
    in.put("cross_total", first("cross_total", Kinds.INT32, 1));
    in.put("mask", first("mask", Kinds.FLOAT, n, size.vocabulary()));
    out.put("logits", first("logits", Kinds.FLOAT, n, size.vocabulary()));
    out.put("next", first("next", Kinds.INT64, n));
    for (int layer = 0; layer < size.layers(); layer++) {
      for (String kind : List.of("k", "v")) {
        String suffix = kind + "_" + layer;
        OnnxTensor past =
            first("past_" + suffix, Kinds.FLOAT, n, size.heads(), size.textPositions(), HEAD_WIDTH);
        OnnxTensor cross =
            first("cross_" + suffix, Kinds.INT8, n, size.heads(), FRAMES, HEAD_WIDTH);
        in.put("past_" + suffix, past);
        out.put("present_" + suffix, past);
        in.put("cross_" + suffix, cross);
        out.put("cross_" + suffix + "_", cross);
        String scale = kind + "_scale_" + layer;
        in.put(scale, first(scale, Kinds.FLOAT, n, 1, size.modelWidth()));
      }
    }
    return new Step(in, out);
  }

  private OnnxTensor first(String name, Kinds kind, long... shape) throws OrtException {
    int bytes = kind.bytes;
    for (long side : shape) {
      bytes = Math.toIntExact(bytes * side);
    }
    return tensor(slice(name, 0, bytes), kind, shape);
  }

  @Override
  public void close() {
    tensors.forEach(OnnxTensor::close);
    try {
      encoder.close();
      decoder.close();
    } catch (OrtException e) {
      throw OrtLibrary.fault("closing the model failed", e);
    }
  }
}
