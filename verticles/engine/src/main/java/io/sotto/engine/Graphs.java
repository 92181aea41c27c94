package io.sotto.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.sotto.engine.RowBuffer.Kind;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a lane feeds to the graphs and reads from them. The encoder writes a window's keys and
 * values straight into its row, the decoder reads the first rows of the same memory and writes its
 * caches in place, so nothing is copied. Belongs to one thread.
 */
final class Graphs implements AutoCloseable {
  /** Added to the logit of a token that may not come. Finite: softmax of nothing else is no NaN. */
  static final float NEVER = -1e30f;

  private static final int FRAMES = Frames.MOST;
  private static final int HEAD_WIDTH = 64;

  private final Sessions sessions;
  private final ModelBundle.Dimensions size;
  private final int rows;
  private final boolean eightBits;
  private final Map<String, RowBuffer> buffers = new LinkedHashMap<>();
  private final RowBuffer mel;
  private final FloatBuffer melFloats;
  private final Map<Integer, Map<String, OnnxTensor>> encoderInputs = new HashMap<>();
  private final Map<Integer, Map<String, OnnxTensor>> encoderOutputs = new HashMap<>();
  private final Map<Integer, Step> steps = new HashMap<>();
  private final IntBuffer ids;
  private final IntBuffer positions;
  private final IntBuffer lengths;
  private final LongBuffer best;
  private final FloatBuffer scores;
  private final FloatBuffer logits;
  private final FloatBuffer alignment;
  private final float[] oneHead = new float[FRAMES];

  /** Tensors over the first rows: what a decoder step of that many rows reads and writes. */
  private record Step(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {}

  Graphs(Sessions sessions, ModelBundle bundle, int rows) {
    this.sessions = sessions;
    this.size = bundle.dimensions();
    this.rows = rows;
    this.eightBits = bundle.precision().equals("int8");
    Kind real = bundle.precision().equals("fp16") ? Kind.HALF : Kind.FLOAT;
    mel = new RowBuffer(Kind.FLOAT, 1, size.melBins(), LogMel.FRAMES);
    melFloats = mel.rows(0, 1).asFloatBuffer();
    allocate(real);
    ids = row("ids").asIntBuffer();
    positions = row("pos").asIntBuffer();
    lengths = row("seqlens").asIntBuffer();
    best = row("best").asLongBuffer();
    scores = row("scores").asFloatBuffer();
    logits = row("logits").asFloatBuffer();
    alignment = row("alignment").asFloatBuffer();
  }

  private java.nio.ByteBuffer row(String name) {
    return buffers.get(name).rows(0, rows);
  }

  private void allocate(Kind real) {
    add("ids", Kind.INT32, 1);
    add("pos", Kind.INT32, 1);
    add("seqlens", Kind.INT32);
    add("cross_len", Kind.INT32);
    add("mask", Kind.FLOAT, size.vocabulary());
    add("logits", Kind.FLOAT, size.vocabulary());
    add("best", Kind.INT64, 2);
    add("scores", Kind.FLOAT, 4);
    add("alignment", Kind.FLOAT, size.alignmentHeads(), FRAMES);
    buffers.put("total", new RowBuffer(Kind.INT32, 1));
    buffers.put("cross_total", new RowBuffer(Kind.INT32, 1));
    buffers.get("cross_total").rows(0, 1).putInt(0, FRAMES);
    for (int row = 0; row < rows; row++) { // rows not in use take part in steps below others
      buffers.get("cross_len").rows(row, 1).putInt(0, Frames.STEP - 1);
    }
    for (int layer = 0; layer < size.layers(); layer++) {
      for (String kind : List.of("k_", "v_")) {
        add("past_" + kind + layer, real, size.heads(), size.textPositions(), HEAD_WIDTH);
        add(
            "cross_" + kind + layer,
            eightBits ? Kind.INT8 : real,
            size.heads(),
            FRAMES,
            HEAD_WIDTH);
        if (eightBits) {
          add(kind + "scale_" + layer, Kind.FLOAT, 1, size.modelWidth());
        }
      }
    }
  }

  private void add(String name, Kind kind, long... shape) {
    buffers.put(name, new RowBuffer(kind, rows, shape));
  }

  /** Where the next window's features go, [bins, 2 frames]. */
  FloatBuffer mel() {
    return melFloats.rewind();
  }

  /** Encodes {@link #mel}, {@code frames} of 20 ms, into {@code row}. */
  void encode(int row, int frames) {
    try {
      Map<String, OnnxTensor> inputs = encoderInputs.get(frames);
      if (inputs == null) {
        inputs = Map.of("mel", mel.tensorOf(size.melBins(), 2L * frames));
        encoderInputs.put(frames, inputs);
      }
      Map<String, OnnxTensor> outputs = encoderOutputs.get(row);
      if (outputs == null) {
        outputs = new HashMap<>();
        for (String cache : caches()) {
          outputs.put(cache, buffers.get(cache).tensor(row, 1));
        }
        encoderOutputs.put(row, outputs);
      }
      sessions.encoder().run(inputs, Set.of(), outputs).close();
      buffers.get("cross_len").rows(row, 1).putInt(0, frames - 1);
    } catch (OrtException e) {
      throw OrtLibrary.fault("the encoder failed", e);
    }
  }

  /** Names of what the encoder writes. */
  private List<String> caches() {
    return buffers.keySet().stream()
        .filter(name -> name.matches("cross_[kv]_\\d+|[kv]_scale_\\d+"))
        .toList();
  }

  /** Gives row {@code to} the window that row {@code from} was encoded into. */
  void copyWindow(int from, int to) {
    for (String cache : caches()) {
      RowBuffer buffer = buffers.get(cache);
      buffer.copy(from, to, 0, buffer.rowBytes());
    }
    buffers.get("cross_len").copy(from, to, 0, buffers.get("cross_len").rowBytes());
  }

  /** Gives row {@code to} the first {@code tokens} tokens that row {@code from} has heard. */
  void copyText(int from, int to, int tokens) {
    for (int layer = 0; layer < size.layers(); layer++) {
      for (String kind : List.of("k_", "v_")) {
        RowBuffer buffer = buffers.get("past_" + kind + layer);
        int head = buffer.rowBytes() / size.heads();
        int bytes = head / size.textPositions() * tokens;
        for (int h = 0; h < size.heads(); h++) {
          buffer.copy(from, to, h * head, bytes);
        }
      }
    }
  }

  /** What is added to the logits of {@code row}, [vocabulary]. */
  FloatBuffer mask(int row) {
    return buffers.get("mask").rows(row, 1).asFloatBuffer();
  }

  /** Puts {@code token} at {@code position} of {@code row} for the next {@link #step}. */
  void feed(int row, int token, int position) {
    ids.put(row, token);
    positions.put(row, position);
    lengths.put(row, position);
  }

  /**
   * One decoder step of the first {@code live} rows; the longest of them has {@code total} tokens.
   */
  void step(int live, int total) {
    buffers.get("total").rows(0, 1).putInt(0, total);
    try {
      Step step = steps.get(live);
      if (step == null) {
        step = stepOf(live);
        steps.put(live, step);
      }
      sessions.decoder().run(step.inputs, Set.of(), step.outputs).close();
    } catch (OrtException e) {
      throw OrtLibrary.fault("the decoder failed", e);
    }
  }

  private Step stepOf(int n) throws OrtException {
    Map<String, OnnxTensor> in = new HashMap<>();
    Map<String, OnnxTensor> out = new HashMap<>();
    for (Map.Entry<String, RowBuffer> entry : buffers.entrySet()) {
      String name = entry.getKey();
      if (name.endsWith("total")) {
        in.put(name, scalar(entry.getValue()));
        continue;
      }
      OnnxTensor tensor = entry.getValue().tensor(0, n);
      switch (name) {
        case "logits", "best", "scores", "alignment" -> out.put(name, tensor);
        default -> in.put(name, tensor);
      }
      if (name.startsWith("past_")) {
        out.put("present_" + name.substring("past_".length()), tensor);
      } else if (name.matches("cross_[kv]_\\d+")) {
        out.put(name + "_", tensor);
      }
    }
    return new Step(in, out);
  }

  /** [1]: the same for all rows. */
  private static OnnxTensor scalar(RowBuffer buffer) throws OrtException {
    return buffer.tensor(0, 1);
  }

  /** The likeliest text token of {@code row} after a step. */
  int bestText(int row) {
    return (int) best.get(2 * row);
  }

  /** The likeliest timestamp, counted from the first. */
  int bestTimestamp(int row) {
    return (int) best.get(2 * row + 1);
  }

  /** Logit of {@link #bestText}. */
  float bestTextLogit(int row) {
    return scores.get(4 * row);
  }

  /** {@code log(sum(exp(logits of text)))}. */
  float textLogSum(int row) {
    return scores.get(4 * row + 1);
  }

  float bestTimestampLogit(int row) {
    return scores.get(4 * row + 2);
  }

  float timestampLogSum(int row) {
    return scores.get(4 * row + 3);
  }

  float logit(int row, int token) {
    return logits.get(row * size.vocabulary() + token);
  }

  /** Copies the logits of {@code row} after a step into {@code into} ([vocabulary]). */
  void logits(int row, float[] into) {
    logits.get(row * size.vocabulary(), into);
  }

  /**
   * What the alignment heads heard in {@code row}: [heads, frames] before softmax, in half
   * precision, since it is kept for every token of a text.
   */
  short[] alignment(int row, int frames) {
    int heads = size.alignmentHeads();
    short[] heard = new short[heads * frames];
    for (int head = 0; head < heads; head++) {
      alignment.get((row * heads + head) * FRAMES, oneHead, 0, frames);
      for (int f = 0; f < frames; f++) {
        heard[head * frames + f] = Float.floatToFloat16(oneHead[f]);
      }
    }
    return heard;
  }

  @Override
  public void close() {
    mel.close();
    buffers.values().forEach(RowBuffer::close);
  }
}
