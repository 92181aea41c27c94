package io.sotto.engine.bundle;

import static io.sotto.engine.bundle.Architecture.FRAMES;
import static io.sotto.engine.bundle.Architecture.HEAD_WIDTH;
import static io.sotto.engine.bundle.GraphFile.BATCH;

import io.sotto.engine.bundle.GraphFile.Type;
import io.sotto.engine.bundle.Quantizer.Smoothing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code mel} fp32 [B, bins, 2 T] to the keys and values of every decoder layer's cross-attention:
 * {@code cross_k_i}, {@code cross_v_i} [B, heads, 1500, 64]. In int8 they come with {@code
 * k_scale_i}, {@code v_scale_i} fp32 [B, 1, width], one scale per window, head and channel.
 *
 * <p>A window may have fewer frames than Whisper's 1500: T of 20 ms each, a multiple of {@link
 * Architecture#FRAMES_STEP}. The last of them is stored last, at 1499, where the decoder looks for
 * it; between it and the others there are zeros.
 */
final class EncoderGraph {
  private final GraphFile graph;
  private final Checkpoint from;
  private final Architecture size;
  private final Layers layers;
  private final boolean int8;

  /** int64 [1]: T. */
  private String frames = "";

  EncoderGraph(GraphFile graph, Checkpoint from, Precision precision) {
    this.graph = graph;
    this.from = from;
    this.size = from.architecture();
    this.layers = new Layers(graph, from);
    this.int8 = precision == Precision.INT8;
  }

  void write() {
    graph.input("mel", Type.FLOAT, BATCH, size.melBins(), "mel_frames");
    String hidden = embed();
    String skip = null;
    for (int layer = 0; layer < size.encoderLayers(); layer++) {
      Layers.Normed after = attention(hidden, skip, "encoder.layers." + layer + ".");
      hidden = after.sum();
      skip = after.normed();
    }
    caches(hidden, skip);
  }

  private String embed() {
    String x = "mel";
    if (graph.real() == Type.HALF) {
      x = graph.node("Cast", x).with("to", Type.HALF.number()).out();
    }
    x = conv(x, 1, size.melBins(), 1);
    x = conv(x, 2, size.width(), 2);
    String turned = graph.node("Transpose", x).withAll("perm", 0, 2, 1).out();
    frames = graph.node("Shape", turned).with("start", 1).with("end", 2).out();
    float[] all = from.read("encoder.embed_positions.weight", FRAMES, size.width());
    String table = graph.real("positions", all, FRAMES, size.width());
    String first = graph.integers("axis_0", 0);
    String positions = graph.node("Slice", table, first, frames, first).out();
    return graph.node("Add", turned, positions).out();
  }

  private String conv(String x, int which, int in, int stride) {
    String name = "encoder.conv" + which;
    float[] w = from.read(name + ".weight", size.width(), in, 3);
    String weight = graph.real("conv" + which + ".w", w, size.width(), in, 3);
    String bias = graph.real("conv" + which + ".b", layers.bias(name, size.width()), size.width());
    return layers.gelu(
        graph
            .node("Conv", x, weight, bias)
            .withAll("kernel_shape", 3)
            .withAll("pads", 1, 1)
            .withAll("strides", stride)
            .out());
  }

  private String linear(String x, String name, Matrix w, float[] bias) {
    return int8 && !exact(name)
        ? layers.rowwise8(x, name, w, bias)
        : layers.linear(x, name, w, bias);
  }

  /**
   * What is rounded in the first layer grows in all that follow: with its attention in fp32 the
   * caches are a third closer to those of the fp32 encoder, for 8 % of its time (ADR 7).
   */
  private static boolean exact(String name) {
    return name.startsWith("encoder.layers.0.self_attn.");
  }

  /** One layer; {@code normed} of what it gives is its output before the next skip connection. */
  private Layers.Normed attention(String hidden, @Nullable String skip, String p) {
    String a = p + "self_attn.";
    Matrix qkv = layers.beside(a, "q", "k", "v");
    float[] even =
        exact(a)
            ? null
            : layers.smoothing(int8, p + "self_attn_layer_norm", List.of(qkv), Smoothing.STRONG);
    Layers.Normed in = layers.norm(hidden, skip, p + "self_attn_layer_norm", even);
    String projected =
        linear(in.normed(), a + "qkv", Layers.smoothed(qkv, even), layers.biases(a, "q", "k", "v"));
    String heard = attended(layers.split(projected, -1, 3), a);
    int width = size.width();
    String out =
        linear(
            heard,
            a + "out",
            from.linear(a + "out_proj", width, width),
            layers.bias(a + "out_proj", width));
    return feedForward(in.sum(), out, p);
  }

  private String attended(List<String> qkv, String a) {
    return int8 && !exact(a)
        ? new Attention8(graph, size.encoderHeads(), frames).of(qkv.get(0), qkv.get(1), qkv.get(2))
        : graph
            .node("MultiHeadAttention", qkv.toArray(String[]::new))
            .with("num_heads", size.encoderHeads())
            .out();
  }

  private Layers.Normed feedForward(String hidden, String skip, String p) {
    int width = size.width();
    int inner = size.encoderInner();
    Matrix first = from.linear(p + "fc1", width, inner);
    float[] even = layers.smoothing(int8, p + "final_layer_norm", List.of(first), Smoothing.STRONG);
    Layers.Normed in = layers.norm(hidden, skip, p + "final_layer_norm", even);
    String wide =
        layers.gelu(
            linear(
                in.normed(),
                p + "fc1",
                Layers.smoothed(first, even),
                layers.bias(p + "fc1", inner)));
    String out =
        linear(
            wide, p + "fc2", from.linear(p + "fc2", inner, width), layers.bias(p + "fc2", width));
    return new Layers.Normed(out, in.sum());
  }

  private void caches(String hidden, @Nullable String skip) {
    List<Matrix> readers = new ArrayList<>();
    for (int layer = 0; layer < size.decoderLayers(); layer++) {
      readers.add(layers.beside(cross(layer), "k", "v"));
    }
    float[] even = layers.smoothing(int8, "encoder.layer_norm", readers, Smoothing.STRONG);
    String heard = layers.norm(hidden, skip, "encoder.layer_norm", even).normed();
    for (int layer = 0; layer < size.decoderLayers(); layer++) {
      String kv =
          linear(
              heard,
              "cross." + layer,
              Layers.smoothed(readers.get(layer), even),
              layers.biases(cross(layer), "k", "v"));
      cache(kv, layer);
    }
  }

  private static String cross(int layer) {
    return "decoder.layers." + layer + ".encoder_attn.";
  }

  private void cache(String kv, int layer) {
    int heads = size.decoderHeads();
    String shape = graph.integers("heads_shape", 0, 0, 2L * heads, HEAD_WIDTH);
    String turned =
        graph
            .node("Transpose", graph.node("Reshape", kv, shape).out())
            .withAll("perm", 0, 2, 1, 3)
            .out();
    String stored = int8 ? eightBits(turned, layer) : turned;
    graph
        .node("Split", lastFrameLast(stored))
        .with("axis", 1)
        .with("num_outputs", 2)
        .named("cross_k_" + layer, "cross_v_" + layer);
    Type type = int8 ? Type.INT8 : graph.real();
    graph.output("cross_k_" + layer, type, BATCH, heads, FRAMES, HEAD_WIDTH);
    graph.output("cross_v_" + layer, type, BATCH, heads, FRAMES, HEAD_WIDTH);
  }

  /** [B, 2 heads, T, 64] to [B, 2 heads, 1500, 64]. */
  private String lastFrameLast(String cache) {
    String axis = graph.integers("time_axis", 2);
    String end = graph.integers("last_frame", -1);
    String before = graph.node("Slice", cache, graph.integers("axis_0", 0), end, axis).out();
    String last =
        graph.node("Slice", cache, end, graph.integers("very_end", Long.MAX_VALUE), axis).out();
    return graph.node("Concat", before, filler(cache), last).with("axis", 2).out();
  }

  private String filler(String cache) {
    String count = graph.node("Sub", graph.integers("frames_most", FRAMES), frames).out();
    String batch = graph.node("Shape", cache).with("start", 0).with("end", 1).out();
    String heads = graph.integers("cache_heads", 2L * size.decoderHeads());
    String width = graph.integers("head_width", HEAD_WIDTH);
    String shape = graph.node("Concat", batch, heads, count, width).with("axis", 0).out();
    String zero =
        int8
            ? graph.weight("byte_zero", Type.INT8, new byte[] {0})
            : graph.real("real_zero", new float[] {0});
    return graph.node("Expand", zero, shape).out();
  }

  private String eightBits(String kv, int layer) {
    String axis = graph.integers("time_axis", 2);
    String peak =
        graph.node("ReduceMax", graph.node("Abs", kv).out(), axis).with("keepdims", 1).out();
    String scale = graph.node("Mul", peak, graph.single("one_127th", 1 / 127f)).out();
    String rounded = graph.node("Round", graph.node("Div", kv, scale).out()).out();
    String flat = graph.node("Reshape", scale, graph.integers("scale_shape", 0, 1, -1)).out();
    graph
        .node("Split", flat)
        .with("axis", 2)
        .with("num_outputs", 2)
        .named("k_scale_" + layer, "v_scale_" + layer);
    graph.output("k_scale_" + layer, Type.FLOAT, BATCH, 1, size.width());
    graph.output("v_scale_" + layer, Type.FLOAT, BATCH, 1, size.width());
    return graph.node("Cast", rounded).with("to", Type.INT8.number()).out();
  }
}
