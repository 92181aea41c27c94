package io.sotto.engine.bundle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pieces that encoder and decoder are made of, in the precision of the graph. */
final class Layers {
  private static final float EPSILON = 1e-5f;

  /** Steps from the middle of seven bits to their ends. */
  private static final float HALF_RANGE = 63;

  /** What rounding to seven bits leaves is at most half a step. */
  private static final float FINER = 2 * HALF_RANGE;

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
    Stored weight = stored(name, w, Quantizer.columnsBesideBytes(w));
    String peak = peak(x);
    String even = graph.node("Div", x, peak).out();
    String y = graph.node("DynamicQuantizeMatMul", even, weight.bytes(), weight.scales()).out();
    return plus(graph.node("Mul", y, peak).out(), name, bias);
  }

  /**
   * For few rows of different windows, which must not meet in one another's rounding. A row is
   * divided by its largest and written as the sum of two numbers of seven bits, the second 126
   * times finer; both are rows of one product, which costs little more than one of them, since it
   * is the weights that take the time. Unsigned numbers of seven bits leave signed weights all of
   * their eight, also where products are added in 16 (ADR 7). {@code weight} is [in, out].
   */
  String rows14(String x, Stored weight) {
    String peak = peak(x);
    String even = graph.node("Div", x, peak).out();
    String step = graph.single("one_63rd", 1 / HALF_RANGE);
    String middle = graph.weight("byte_64", GraphFile.Type.UINT8, new byte[] {64});
    String coarse = graph.node("QuantizeLinear", even, step, middle).out();
    String said = graph.node("DequantizeLinear", coarse, step, middle).out();
    String rest = graph.node("Sub", even, said).out();
    String fineStep = graph.single("fine_step", 1 / HALF_RANGE / FINER);
    String fine = graph.node("QuantizeLinear", rest, fineStep, middle).out();
    String both = graph.node("Concat", coarse, fine).with("axis", 0).out();
    String y =
        graph
            .node("MatMulIntegerToFloat", both, weight.bytes(), step, weight.scales(), middle)
            .out();
    List<String> parts = split(y, 0, 2);
    String share = graph.single("fine_share", 1 / FINER);
    String small = graph.node("Mul", parts.getLast(), share).out();
    String sum = graph.node("Add", parts.getFirst(), small).out();
    return graph.node("Mul", sum, peak).out();
  }

  String rows14(String x, String name, Matrix w, float @Nullable [] bias) {
    return plus(rows14(x, whole(name, w)), name, bias);
  }

  /** Names of weights in eight bits [in, out] and of their scales [out]. */
  record Stored(String bytes, String scales) {}

  /** For {@link #rows14}. */
  Stored whole(String name, Matrix w) {
    return stored(name, w, Quantizer.columns(w));
  }

  private Stored stored(String name, Matrix w, Quantizer.Eight eight) {
    return new Stored(
        graph.weight(name + ".q", GraphFile.Type.INT8, eight.data(), w.rows(), w.columns()),
        graph.floats(name + ".s", eight.scales(), w.columns()));
  }

  private String peak(String x) {
    String axis = graph.integers("last_axis", -1);
    return graph.node("ReduceMax", graph.node("Abs", x).out(), axis).with("keepdims", 1).out();
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

  /**
   * Factors by which channels after the LayerNorm {@code name} become even for its {@code readers};
   * none unless in eight bits. See {@link Quantizer#smoothing}.
   */
  float @Nullable [] smoothing(
      boolean int8, String name, List<Matrix> readers, Quantizer.Smoothing strength) {
    int width = from.architecture().width();
    return int8
        ? Quantizer.smoothing(
            from.read(name + ".weight", width), from.read(name + ".bias", width), readers, strength)
        : null;
  }

  static Matrix smoothed(Matrix w, float @Nullable [] factors) {
    return factors == null ? w : w.rowsTimes(factors);
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
