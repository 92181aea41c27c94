package io.sotto.engine.bundle;

import static io.sotto.engine.bundle.Architecture.HEAD_WIDTH;

import io.sotto.engine.bundle.GraphFile.Type;
import java.util.ArrayList;
import java.util.List;

/**
 * The encoder's self-attention in eight bits, for blocks of queries whose scores stay in the cache:
 * less than half the time of fp32. What is divided away before rounding is multiplied back as
 * scales of the products: a query's and a value's by head, a key's by frame, a probability's by
 * row, so that attention spread over many frames is not rounded away.
 *
 * <p>Keys lose their mean over time first, which softmax does not see (SageAttention, Zhang et al.
 * 2024), and values theirs, which is added back: what rounding takes from small probabilities then
 * goes to the mean instead of to nothing.
 */
final class Attention8 {
  private static final int BLOCKS = Architecture.FRAMES_STEP;

  /** Of keys and values, which meet unsigned bytes: see {@link Quantizer}. */
  private static final float MOST = 80;

  private final GraphFile graph;
  private final int heads;
  private final String frames;

  /** {@code frames} names T, int64 [1], a multiple of {@link Architecture#FRAMES_STEP}. */
  Attention8(GraphFile graph, int heads, String frames) {
    this.graph = graph;
    this.heads = heads;
    this.frames = frames;
  }

  /** Bytes [1, heads, .., ..] and what a product with them is multiplied by. */
  private record Eight(String bytes, String scale) {}

  /** {@code query}, {@code key}, {@code value} and the result are [1, T, heads * 64]. */
  String of(String query, String key, String value) {
    String q = byHead(query);
    String peak = peak(peak(q, 3), 1); // [1, 1, heads, 1]
    String even = graph.node("Div", q, peak).out();
    String q8 = turned(graph.node("QuantizeLinear", even, step(), middle()).out(), 0, 2, 1, 3);
    Eight k8 = keys(key, peak);
    String mean = mean(value);
    Eight v8 = values(value, mean);
    List<String> heard = new ArrayList<>();
    for (String block :
        graph.node("Split", q8).with("axis", 2).with("num_outputs", BLOCKS).outs(BLOCKS)) {
      heard.add(block(block, k8, v8));
    }
    String all = graph.node("Concat", heard.toArray(String[]::new)).with("axis", 2).out();
    String shape = graph.integers("width_shape", 0, 0, (long) heads * HEAD_WIDTH);
    String flat = graph.node("Reshape", turned(all, 0, 2, 1, 3), shape).out();
    return graph.node("Add", flat, mean).out();
  }

  /** [1, heads, 64, T]; the scale [1, heads, 1, T] holds the queries' and 1 / sqrt(64) too. */
  private Eight keys(String key, String queryPeak) {
    String k = byHead(graph.node("Sub", key, mean(key)).out());
    String peak = peak(k, 3); // [1, T, heads, 1]
    String both = graph.node("Mul", peak, queryPeak).out();
    String scale = graph.node("Mul", both, graph.single("key_scale", 1 / MOST / 8)).out();
    return new Eight(turned(signed(k, peak), 0, 2, 3, 1), turned(scale, 0, 2, 3, 1));
  }

  /** [1, heads, T, 64]; the scale is the same for every channel of a head, [1, heads, 1, 64]. */
  private Eight values(String value, String mean) {
    String v = byHead(graph.node("Sub", value, mean).out());
    String peak = peak(peak(v, 3), 1); // [1, 1, heads, 1]
    String scale = turned(graph.node("Mul", peak, signedStep()).out(), 0, 2, 1, 3);
    String shape = graph.integers("channels_shape", 1, heads, 1, HEAD_WIDTH);
    return new Eight(turned(signed(v, peak), 0, 2, 1, 3), graph.node("Expand", scale, shape).out());
  }

  private String block(String q8, Eight k8, Eight v8) {
    String scores =
        graph.node("MatMulIntegerToFloat", q8, k8.bytes, step(), k8.scale, middle()).out();
    String likely = graph.node("Softmax", scores).with("axis", -1).out();
    String rows = graph.node("Reshape", likely, shape("rows_shape", -1)).out();
    String top =
        graph.node("ReduceMax", rows, graph.integers("axis_1", 1)).with("keepdims", 0).out();
    String steps = graph.node("Mul", top, graph.single("one_255th", 1 / 255f)).out();
    String p8 = graph.node("QuantizeLinear", rows, steps).with("axis", 0).out();
    String shape = shape("block_shape", 1, heads, -1);
    String sum =
        graph
            .node(
                "MatMulIntegerToFloat",
                graph.node("Reshape", p8, shape).out(),
                v8.bytes,
                graph.single("unit", 1),
                v8.scale)
            .out();
    String byRow = graph.integers("steps_shape", 1, heads, -1, 1);
    return graph.node("Mul", sum, graph.node("Reshape", steps, byRow).out()).out();
  }

  private String byHead(String x) {
    String shape = graph.integers("by_head_shape", 0, 0, heads, HEAD_WIDTH);
    return graph.node("Reshape", x, shape).out();
  }

  private String turned(String x, long... order) {
    return graph.node("Transpose", x).withAll("perm", order).out();
  }

  /** Over time, as a product: many times faster than a reduction of that axis. */
  private String mean(String x) {
    String count = graph.node("Cast", frames).with("to", Type.FLOAT.number()).out();
    String share = graph.node("Reciprocal", count).out();
    String row = graph.node("Expand", share, shape("share_shape", 1, 1)).out();
    return graph.node("MatMul", row, x).out();
  }

  /** {@code sides}, then T. */
  private String shape(String name, long... sides) {
    return graph.node("Concat", graph.integers(name, sides), frames).with("axis", 0).out();
  }

  private String peak(String x, int axis) {
    return graph
        .node("ReduceMax", graph.node("Abs", x).out(), graph.integers("axis_" + axis, axis))
        .with("keepdims", 1)
        .out();
  }

  private String signed(String x, String peak) {
    String even = graph.node("Div", x, peak).out();
    return graph.node("QuantizeLinear", even, signedStep(), zero()).out();
  }

  private String signedStep() {
    return graph.single("signed_step", 1 / MOST);
  }

  private String step() {
    return graph.single("one_127th", 1 / 127f);
  }

  /** Queries are unsigned: that is the left side the kernel is fast with. */
  private String middle() {
    return graph.weight("byte_middle", Type.UINT8, new byte[] {(byte) 128});
  }

  private String zero() {
    return graph.weight("byte_zero", Type.INT8, new byte[] {0});
  }
}
