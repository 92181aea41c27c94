package io.sotto.engine.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.engine.EngineException;
import io.sotto.engine.EngineException.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The sizes of a Whisper model, from {@code config.json}, and which of its cross-attention heads
 * follow the sound, from {@code generation_config.json}. Refuses what the graphs cannot be.
 */
record Architecture(
    int width,
    int melBins,
    int encoderLayers,
    int encoderHeads,
    int encoderInner,
    int decoderLayers,
    int decoderHeads,
    int decoderInner,
    int vocabulary,
    int firstTimestamp,
    List<Head> alignmentHeads) {
  static final int HEAD_WIDTH = 64;
  static final int FRAMES = 1_500;
  static final int TEXT_POSITIONS = 448;

  /** A window's frames are a multiple of this many. */
  static final int FRAMES_STEP = 12;

  /** One head of one decoder layer. */
  record Head(int layer, int head) {}

  static Architecture read(Path folder, JsonNode config, JsonNode generation) {
    Path file = folder.resolve("config.json");
    String type = config.path("model_type").asText("none");
    if (!type.equals("whisper")) {
      throw bad(file, "is of a model of type " + type + "; only whisper can be built");
    }
    if (!config.path("activation_function").asText("gelu").equals("gelu")) {
      throw bad(file, "asks for the activation " + config.path("activation_function").asText());
    }
    int width = size(file, config, "d_model");
    int decoderLayers = size(file, config, "decoder_layers");
    int decoderHeads = heads(file, config, "decoder_attention_heads", width);
    expect(file, config, "max_source_positions", FRAMES);
    expect(file, config, "max_target_positions", TEXT_POSITIONS);
    JsonNode noTimestamps = generation.path("no_timestamps_token_id");
    if (!noTimestamps.isInt()) {
      throw bad(folder.resolve("generation_config.json"), "lacks no_timestamps_token_id");
    }
    return new Architecture(
        width,
        size(file, config, "num_mel_bins"),
        size(file, config, "encoder_layers"),
        heads(file, config, "encoder_attention_heads", width),
        size(file, config, "encoder_ffn_dim"),
        decoderLayers,
        decoderHeads,
        size(file, config, "decoder_ffn_dim"),
        size(file, config, "vocab_size"),
        noTimestamps.asInt() + 1,
        alignment(folder, generation, decoderLayers, decoderHeads));
  }

  private static int size(Path file, JsonNode config, String field) {
    int value = config.path(field).asInt();
    if (value < 1 || value > 1 << 20) {
      throw bad(file, "has no usable " + field + ": " + config.path(field));
    }
    return value;
  }

  private static int heads(Path file, JsonNode config, String field, int width) {
    int heads = size(file, config, field);
    if (heads * HEAD_WIDTH != width) {
      throw bad(file, "has " + heads + " heads for d_model " + width + "; they must be 64 wide");
    }
    return heads;
  }

  private static void expect(Path file, JsonNode config, String field, int value) {
    int actual = config.path(field).asInt(value);
    if (actual != value) {
      throw bad(file, "has " + field + " " + actual + "; every Whisper model has " + value);
    }
  }

  /**
   * Where none are named: every head of the upper half of the layers, as CTranslate2 takes them.
   */
  private static List<Head> alignment(Path folder, JsonNode generation, int layers, int heads) {
    List<Head> found = new ArrayList<>();
    for (JsonNode pair : generation.path("alignment_heads")) {
      Head head = new Head(pair.path(0).asInt(-1), pair.path(1).asInt(-1));
      if (head.layer < 0 || head.layer >= layers || head.head < 0 || head.head >= heads) {
        throw bad(
            folder.resolve("generation_config.json"),
            "names the alignment head " + pair + " of " + layers + " layers, " + heads + " heads");
      }
      found.add(head);
    }
    if (found.isEmpty()) {
      for (int layer = layers / 2; layer < layers; layer++) {
        for (int head = 0; head < heads; head++) {
          found.add(new Head(layer, head));
        }
      }
    }
    return List.copyOf(found);
  }

  private static EngineException bad(Path file, String what) {
    return new EngineException(Kind.BAD_MODEL, file + " " + what);
  }
}
