package io.sotto.engine.bundle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pieces that encoder and decoder are made of, in the precision of the graph. */
final class Layers {
  private static final float EPSILON = 1e-5f;
  private final GraphFile graph;
  private final Checkpoint from;

  Layers(GraphFile graph, Checkpoint from) {
    this.graph = graph;
    this.from = from;
  }

  /** {@code x} [.., in] times {@code w} [in, out] plus {@code bias}, as the graph stores reals. */
  String linear(String x, String name, Matrix w, float @Nullable [] bias) {
    String weight = graph.real(name + ".w", w.data(), w.rows(), w.columns());
    return plus(graph.node("MatMul", x, weight).out(), name, bias);
  }

  /**
   * Activations in eight bits, each row divided by its own largest before and multiplied by it
   * after; weights in eight bits with a scale a column.
   */
  String rowwise8(String x, String name, Matrix w, float @Nullable [] bias) {
    Quantizer.Eight eight = Quantizer.columns(w);
    String axis = graph.integers("last_axis", -1);
    String peak =
        graph.node("ReduceMax", graph.node("Abs", x).out(), axis).with("keepdims", 1).out();
    String weight =
        graph.weight(name + ".q", GraphFile.Type.INT8, eight.data(), w.rows(), w.columns());
    String scales = graph.floats(name + ".s", eight.scales(), w.columns());
    String even = graph.node("Div", x, peak).out();
    String y = graph.node("DynamicQuantizeMatMul", even, weight, scales).out();
    return plus(graph.node("Mul", y, peak).out(), name, bias);
  }

  /** Weights in eight bits with a scale per 32 inputs; activations are quantised by the kernel. */
  String blocks8(String x, String name, Matrix w, float @Nullable [] bias) {
    Quantizer.Eight eight = Quantizer.blocks(w.transposed());
    return plus(
        packed8(x, packed(name, eight, w.columns(), w.rows()), w.rows(), w.columns()), name, bias);
  }

  /** Stores blocks [out, in / 32, 32]; gives the names of the bytes and of the scales. */
  List<String> packed(String name, Quantizer.Eight eight, int out, int in) {
    return List.of(
        graph.weight(
            name + ".q",
            GraphFile.Type.UINT8,
            eight.data(),
            out,
            in / Quantizer.BLOCK,
            Quantizer.BLOCK),
        graph.floats(name + ".s", eight.scales(), eight.scales().length));
  }

  /** {@code accuracy_level} must be there: without it the kernel takes a slow fp32 path. */
  String packed8(String x, List<String> packed, int in, int out) {
    return graph
        .node("MatMulNBits", x, packed.get(0), packed.get(1))
        .with("K", in)
        .with("N", out)
        .with("bits", 8)
        .with("block_size", Quantizer.BLOCK)
        .with("accuracy_level", 4)
        .out();
  }

  private String plus(String y, String name, float @Nullable [] bias) {
    return bias == null
        ? y
        : graph.node("Add", y, graph.real(name + ".b", bias, bias.length)).out();
  }

  String gelu(String x) {
    return graph.node("Gelu", x).with("approximate", "none").out();
  }

  /** What a LayerNorm gives: the normed, and the sum that the next skip connection starts from. */
  record Normed(String normed, String sum) {}

  /** LayerNorm of {@code x} plus {@code skip}; its scale and shift divided by {@code divisors}. */
  Normed norm(String x, @Nullable String skip, String name, float @Nullable [] divisors) {
    int width = from.architecture().width();
    String gamma = scaled(name, ".weight", ".gamma", width, divisors);
    String beta = scaled(name, ".bias", ".beta", width, divisors);
    if (skip == null) {
      return new Normed(
          graph
              .node("LayerNormalization", x, gamma, beta)
              .with("axis", -1)
              .with("epsilon", EPSILON)
              .out(),
          x);
    }
    String id = "norm:" + name;
    graph
        .node("SkipLayerNormalization", x, skip, gamma, beta)
        .with("epsilon", EPSILON)
        .named(id, "", "", id + ":sum");
    return new Normed(id, id + ":sum");
  }

  private String scaled(
      String name, String part, String as, int width, float @Nullable [] divisors) {
    float[] values = from.read(name + part, width);
    for (int i = 0; divisors != null && i < width; i++) {
      values[i] /= divisors[i];
    }
    return graph.real(name + as, values, width);
  }

  /** Splits the last axis (or {@code axis}) into equal parts. */
  List<String> split(String x, int axis, int parts) {
    return graph.node("Split", x).with("axis", axis).with("num_outputs", parts).outs(parts);
  }

  /** Weights of projections side by side: [in, out + out ..]. */
  Matrix beside(String prefix, String... names) {
    int width = from.architecture().width();
    Matrix[] all = new Matrix[names.length];
    for (int i = 0; i < names.length; i++) {
      all[i] = from.linear(prefix + names[i] + "_proj", width, width);
    }
    return all[0].beside(java.util.Arrays.copyOfRange(all, 1, all.length));
  }

  /** Biases of projections one after the other; a key has none in Whisper. */
  float[] biases(String prefix, String... names) {
    int width = from.architecture().width();
    float[] all = new float[width * names.length];
    for (int i = 0; i < names.length; i++) {
      if (!names[i].equals("k")) {
        float[] bias = from.read(prefix + names[i] + "_proj.bias", width);
        System.arraycopy(bias, 0, all, i * width, width);
      }
    }
    return all;
  }

  float[] bias(String name, int width) {
    return from.read(name + ".bias", width);
  }
}
