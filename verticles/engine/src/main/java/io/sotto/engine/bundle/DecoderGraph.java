package io.sotto.engine.bundle;

import static io.sotto.engine.bundle.Architecture.FRAMES;
import static io.sotto.engine.bundle.Architecture.HEAD_WIDTH;
import static io.sotto.engine.bundle.Architecture.TEXT_POSITIONS;
import static io.sotto.engine.bundle.GraphFile.BATCH;

import io.sotto.engine.bundle.Architecture.Head;
import io.sotto.engine.bundle.GraphFile.Type;
import io.sotto.engine.bundle.Quantizer.Smoothing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One decoder step for every row: {@code ids}, {@code pos} int32 [B, 1]; {@code seqlens} int32 [B],
 * the tokens already cached in that row; {@code total} int32 [1], the most of them plus one; {@code
 * mask} fp32 [B, vocabulary], added to the logits.
 *
 * <p>{@code past_k_i} and {@code present_k_i} (and v) [B, heads, 448, 64] must be the same memory,
 * as must {@code cross_k_i} and {@code cross_k_i_}: nothing is copied then. Rows are independent,
 * so that one which has ended is refilled while the others go on.
 *
 * <p>Out come {@code logits} [B, vocabulary] (masked); {@code best} int64 [B, 2], the likeliest
 * text token and the likeliest timestamp (counted from the first); {@code scores} fp32 [B, 4], the
 * former's logit, log-sum-exp of all text, the latter's logit, log-sum-exp of all timestamps; and
 * {@code alignment} fp32 [B, heads named, 1500], what the alignment heads heard, before softmax.
 */
final class DecoderGraph {
  private static final String LAST_NORM = "decoder.layer_norm";

  private final GraphFile graph;
  private final Checkpoint from;
  private final Architecture size;
  private final Layers layers;
  private final boolean int8;
  private final List<String> alignment = new ArrayList<>();

  DecoderGraph(GraphFile graph, Checkpoint from, Precision precision) {
    this.graph = graph;
    this.from = from;
    this.size = from.architecture();
    this.layers = new Layers(graph, from);
    this.int8 = precision == Precision.INT8;
  }

  void write() {
    graph.input("ids", Type.INT32, BATCH, 1);
    graph.input("pos", Type.INT32, BATCH, 1);
    graph.input("seqlens", Type.INT32, BATCH);
    graph.input("total", Type.INT32, 1);
    graph.input("cross_len", Type.INT32, BATCH);
    graph.input("cross_total", Type.INT32, 1);
    graph.input("mask", Type.FLOAT, BATCH, size.vocabulary());
    int width = size.width();
    float[] table = from.read("decoder.embed_tokens.weight", size.vocabulary(), width);
    Matrix words = new Matrix(size.vocabulary(), width, table);
    Table stored =
        int8 ? table8(words) : new Table(graph.real("table", table, words.rows(), width));
    String hidden = positioned(embedded(stored));
    String skip = null;
    for (int layer = 0; layer < size.decoderLayers(); layer++) {
      Layers.Normed after = layer(hidden, skip, layer);
      hidden = after.sum();
      skip = after.normed();
    }
    choices(logits(layers.norm(hidden, skip, LAST_NORM, stored.even).normed(), stored));
    String heard = graph.node("Concat", alignment.toArray(String[]::new)).with("axis", 1).out();
    String flat = graph.node("Squeeze", heard, graph.integers("query_axis", 2)).out();
    graph.node("Cast", flat).with("to", Type.FLOAT.number()).named("alignment");
    graph.output("alignment", Type.FLOAT, BATCH, size.alignmentHeads().size(), FRAMES);
  }

  /**
   * The table of embeddings [vocabulary, width], which is the weight of the last layer too: stored
   * once. In eight bits it lies as the last layer reads it, its channels times {@code even}.
   */
  private record Table(
      @Nullable String real, Layers.@Nullable Stored eight, float @Nullable [] even) {
    Table(String real) {
      this(real, null, null);
    }
  }

  private Table table8(Matrix table) {
    Matrix w = table.transposed();
    float[] even = layers.smoothing(true, LAST_NORM, List.of(w), Smoothing.SLIGHT);
    return new Table(null, layers.whole("table", Layers.smoothed(w, even)), even);
  }

  private String embedded(Table table) {
    if (table.real != null) {
      return graph.node("Gather", table.real, "ids").out();
    }
    String bytes = graph.node("Gather", table.eight.bytes(), "ids").with("axis", 1).out();
    String turned = graph.node("Transpose", bytes).withAll("perm", 1, 2, 0).out();
    String values = graph.node("Cast", turned).with("to", Type.FLOAT.number()).out();
    float[] back = new float[size.width()];
    for (int c = 0; c < back.length; c++) {
      back[c] = 1 / table.even[c];
    }
    String channels = graph.floats("table_channels", back, back.length);
    String scales = graph.node("Gather", table.eight.scales(), "ids").out();
    String byRow =
        graph.node("Unsqueeze", scales, graph.integers("last_axis", -1)).out(); // [B, 1, 1]
    return graph.node("Mul", graph.node("Mul", values, byRow).out(), channels).out();
  }

  private String positioned(String embedded) {
    float[] positions = from.read("decoder.embed_positions.weight", TEXT_POSITIONS, size.width());
    String table = graph.real("positions", positions, TEXT_POSITIONS, size.width());
    return graph.node("Add", embedded, graph.node("Gather", table, "pos").out()).out();
  }

  private String linear(String x, String name, Matrix w, float[] bias) {
    return int8 ? layers.rows14(x, name, w, bias) : layers.linear(x, name, w, bias);
  }

  private String projection(String x, String prefix, String which, float @Nullable [] even) {
    int width = size.width();
    String name = prefix + which + "_proj";
    Matrix w = Layers.smoothed(from.linear(name, width, width), even);
    return linear(x, prefix + which, w, layers.bias(name, width));
  }

  private Layers.Normed layer(String hidden, @Nullable String skip, int layer) {
    String p = "decoder.layers." + layer + ".";
    String self = p + "self_attn.";
    Matrix qkv = layers.beside(self, "q", "k", "v");
    float[] evenQkv =
        layers.smoothing(int8, p + "self_attn_layer_norm", List.of(qkv), Smoothing.SLIGHT);
    Layers.Normed said = layers.norm(hidden, skip, p + "self_attn_layer_norm", evenQkv);
    String projected =
        linear(
            said.normed(),
            self + "qkv",
            Layers.smoothed(qkv, evenQkv),
            layers.biases(self, "q", "k", "v"));
    String own = projection(selfAttention(projected, layer), self, "out", null);
    String a = p + "encoder_attn.";
    float[] evenQ =
        layers.smoothing(int8, p + "encoder_attn_layer_norm", List.of(query(a)), Smoothing.SLIGHT);
    Layers.Normed heard = layers.norm(said.sum(), own, p + "encoder_attn_layer_norm", evenQ);
    String asked = projection(heard.normed(), a, "q", evenQ);
    String cross = projection(crossAttention(asked, layer), a, "out", null);
    return feedForward(heard.sum(), cross, p);
  }

  private Matrix query(String a) {
    return from.linear(a + "q_proj", size.width(), size.width());
  }

  private Layers.Normed feedForward(String hidden, String skip, String p) {
    int inner = size.decoderInner();
    int width = size.width();
    Matrix first = from.linear(p + "fc1", width, inner);
    float[] even = layers.smoothing(int8, p + "final_layer_norm", List.of(first), Smoothing.SLIGHT);
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

  private String selfAttention(String qkv, int layer) {
    int heads = size.decoderHeads();
    for (String kind : List.of("k_", "v_")) {
      graph.input("past_" + kind + layer, graph.real(), BATCH, heads, TEXT_POSITIONS, HEAD_WIDTH);
      graph.output(
          "present_" + kind + layer, graph.real(), BATCH, heads, TEXT_POSITIONS, HEAD_WIDTH);
    }
    return graph
        .node(
            "GroupQueryAttention",
            qkv,
            "",
            "",
            "past_k_" + layer,
            "past_v_" + layer,
            "seqlens",
            "total")
        .with("num_heads", heads)
        .with("kv_num_heads", heads)
        .named("self_" + layer, "present_k_" + layer, "present_v_" + layer)
        .getFirst();
  }

  /**
   * Cross-attention by a kernel made for growing caches, because that one reads eight bits: frames
   * 0 to 1498 are its past, and frame 1499 is handed in as the new key and value and lands on
   * itself. One query then sees all 1500. Scales differ per window, so they are applied outside: to
   * the query before, to the output after.
   */
  private String crossAttention(String query, int layer) {
    String k = "cross_k_" + layer;
    String v = "cross_v_" + layer;
    int heads = size.decoderHeads();
    Type type = int8 ? Type.INT8 : graph.real();
    for (String cache : List.of(k, v)) {
      graph.input(cache, type, BATCH, heads, FRAMES, HEAD_WIDTH);
      graph.output(cache + "_", type, BATCH, heads, FRAMES, HEAD_WIDTH);
    }
    List<String> in = new ArrayList<>();
    if (int8) {
      graph.input("k_scale_" + layer, Type.FLOAT, BATCH, 1, size.width());
      graph.input("v_scale_" + layer, Type.FLOAT, BATCH, 1, size.width());
      in.add(graph.node("Mul", query, "k_scale_" + layer).out());
    } else {
      in.add(query);
    }
    in.addAll(List.of(lastFrame(k), lastFrame(v), k, v, "cross_len", "cross_total"));
    if (int8) {
      String one = graph.floats("unit_scale", new float[] {1}, 1);
      in.addAll(List.of("", "", "", "", "", one, one));
    }
    String out = attended(in, layer);
    return int8 ? graph.node("Mul", out, "v_scale_" + layer).out() : out;
  }

  private String attended(List<String> in, int layer) {
    GraphFile.Node node =
        graph
            .node("GroupQueryAttention", in.toArray(String[]::new))
            .with("num_heads", size.decoderHeads())
            .with("kv_num_heads", size.decoderHeads());
    if (int8) {
      node.with("kv_cache_bit_width", 8)
          .with("k_quant_type", "PER_TENSOR")
          .with("v_quant_type", "PER_TENSOR");
    }
    long[] heads =
        size.alignmentHeads().stream()
            .filter(head -> head.layer() == layer)
            .mapToLong(Head::head)
            .toArray();
    String out = "cross_" + layer;
    String k = "cross_k_" + layer + "_";
    String v = "cross_v_" + layer + "_";
    if (heads.length == 0) {
      return node.named(out, k, v).getFirst();
    }
    String scores = "scores_" + layer;
    node.with("qk_output", 1).named(out, k, v, scores);
    String named = graph.integers("alignment_heads_" + layer, heads);
    alignment.add(graph.node("Gather", scores, named).with("axis", 1).out());
    return out;
  }

  private String lastFrame(String cache) {
    String frame =
        graph.node("Gather", cache, graph.integers("last_frame", FRAMES - 1)).with("axis", 2).out();
    if (int8) {
      frame = graph.node("Cast", frame).with("to", Type.FLOAT.number()).out();
    }
    return graph.node("Reshape", frame, graph.integers("one_token", 0, 1, size.width())).out();
  }

  private String logits(String normed, Table table) {
    String flat =
        graph.node("Reshape", normed, graph.integers("row_shape", -1, size.width())).out();
    String raw =
        int8
            ? layers.rows14(flat, table.eight)
            : graph.node("Gemm", flat, table.real).with("transB", 1).out();
    String wide =
        graph.real() == Type.HALF
            ? graph.node("Cast", raw).with("to", Type.FLOAT.number()).out()
            : raw;
    graph.node("Add", wide, "mask").named("logits");
    graph.output("logits", Type.FLOAT, BATCH, size.vocabulary());
    return "logits";
  }

  /** What greedy decoding needs of the logits, so that only a few bytes a row are looked at. */
  private void choices(String logits) {
    int text = size.firstTimestamp();
    String sizes = graph.integers("text_and_timestamps", text, size.vocabulary() - text);
    List<String> parts = graph.node("Split", logits, sizes).with("axis", 1).outs(2);
    List<String> best = new ArrayList<>();
    List<String> scores = new ArrayList<>();
    for (String part : parts) {
      List<String> top = graph.node("TopK", part, graph.integers("one", 1)).with("axis", 1).outs(2);
      // LogSoftmax has the fast kernel: largest logit less its log-probability is the log-sum-exp
      String likely =
          graph
              .node(
                  "ReduceMax",
                  graph.node("LogSoftmax", part).with("axis", 1).out(),
                  graph.integers("vocabulary_axis", 1))
              .with("keepdims", 1)
              .out();
      scores.add(top.getFirst());
      scores.add(graph.node("Sub", top.getFirst(), likely).out());
      best.add(top.getLast());
    }
    graph.node("Concat", scores.toArray(String[]::new)).with("axis", 1).named("scores");
    graph.node("Concat", best.toArray(String[]::new)).with("axis", 1).named("best");
    graph.output("scores", Type.FLOAT, BATCH, 4);
    graph.output("best", Type.INT64, BATCH, 2);
  }
}
