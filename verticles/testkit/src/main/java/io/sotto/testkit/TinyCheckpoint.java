package io.sotto.testkit;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A Whisper checkpoint as Hugging Face writes it, of real form and random weights: one head, one
 * layer on either side, the vocabulary of the multilingual models. Says nothing sensible, but is
 * built, loaded and run like any other.
 */
public final class TinyCheckpoint {
  private static final int WIDTH = 64;
  private static final int INNER = 64;
  private static final int VOCABULARY = 51_865;

  /** How numbers are stored. */
  public enum Type {
    F32,
    F16,
    BF16
  }

  /** Name to shape; change it to make a damaged one. */
  public final Map<String, int[]> tensors = new LinkedHashMap<>();

  /** Fields of {@code config.json} as JSON; change them at will. */
  public final Map<String, String> config = new LinkedHashMap<>();

  public TinyCheckpoint() {
    config.put("model_type", "\"whisper\"");
    config.put("activation_function", "\"gelu\"");
    config.put("d_model", "" + WIDTH);
    config.put("num_mel_bins", "80");
    config.put("vocab_size", "" + VOCABULARY);
    config.put("max_source_positions", "1500");
    config.put("max_target_positions", "448");
    for (String side : List.of("encoder", "decoder")) {
      config.put(side + "_layers", "1");
      config.put(side + "_attention_heads", "1");
      config.put(side + "_ffn_dim", "" + INNER);
    }
    tensors.put("model.encoder.conv1.weight", new int[] {WIDTH, 80, 3});
    tensors.put("model.encoder.conv1.bias", new int[] {WIDTH});
    tensors.put("model.encoder.conv2.weight", new int[] {WIDTH, WIDTH, 3});
    tensors.put("model.encoder.conv2.bias", new int[] {WIDTH});
    tensors.put("model.encoder.embed_positions.weight", new int[] {1_500, WIDTH});
    tensors.put("model.decoder.embed_positions.weight", new int[] {448, WIDTH});
    tensors.put("model.decoder.embed_tokens.weight", new int[] {VOCABULARY, WIDTH});
    layer("model.encoder.layers.0.", "self_attn");
    layer("model.decoder.layers.0.", "self_attn", "encoder_attn");
    norm("model.encoder.layer_norm");
    norm("model.decoder.layer_norm");
  }

  private void layer(String prefix, String... attentions) {
    for (String attention : attentions) {
      for (String which : List.of("q", "k", "v", "out")) {
        String name = prefix + attention + "." + which + "_proj";
        tensors.put(name + ".weight", new int[] {WIDTH, WIDTH});
        if (!which.equals("k")) {
          tensors.put(name + ".bias", new int[] {WIDTH});
        }
      }
      norm(prefix + attention + "_layer_norm");
    }
    tensors.put(prefix + "fc1.weight", new int[] {INNER, WIDTH});
    tensors.put(prefix + "fc1.bias", new int[] {INNER});
    tensors.put(prefix + "fc2.weight", new int[] {WIDTH, INNER});
    tensors.put(prefix + "fc2.bias", new int[] {WIDTH});
    norm(prefix + "final_layer_norm");
  }

  private void norm(String name) {
    tensors.put(name + ".weight", new int[] {WIDTH});
    tensors.put(name + ".bias", new int[] {WIDTH});
  }

  /**
   * Writes it into {@code folder} in {@code shards} files; {@code companions} holds the tokenizer
   * and the generation configuration of a multilingual model.
   */
  public Path write(Path folder, Path companions, Type type, int shards) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), json(config));
    Files.copy(companions.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    String generation = Files.readString(companions.resolve("generation_config.json"));
    Files.writeString(
        folder.resolve("generation_config.json"),
        generation.replaceFirst("(?s)\"alignment_heads\": \\[.*?]\\s*],", ""));
    List<String> names = new ArrayList<>(tensors.keySet());
    if (shards == 1) {
      safetensors(folder.resolve("model.safetensors"), names, type);
      return folder;
    }
    Map<String, String> homes = new LinkedHashMap<>();
    int each = (names.size() + shards - 1) / shards;
    for (int i = 0; i < shards; i++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards);
      List<String> own = names.subList(i * each, Math.min(names.size(), (i + 1) * each));
      safetensors(folder.resolve(file), own, type);
      own.forEach(name -> homes.put(name, "\"" + file + "\""));
    }
    Files.writeString(
        folder.resolve("model.safetensors.index.json"), "{\"weight_map\":" + json(homes) + "}");
    return folder;
  }

  private static String json(Map<String, String> fields) {
    List<String> written = new ArrayList<>();
    fields.forEach((name, value) -> written.add("\"" + name + "\":" + value));
    return "{" + String.join(",", written) + "}";
  }

  private void safetensors(Path file, List<String> names, Type type) throws IOException {
    int bytes = type == Type.F32 ? 4 : 2;
    Map<String, String> header = new LinkedHashMap<>();
    header.put("__metadata__", "{\"format\":\"pt\"}");
    long at = 0;
    for (String name : names) {
      long end = at + (long) bytes * count(name);
      header.put(
          name,
          "{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(type, java.util.Arrays.toString(tensors.get(name)), at, end));
      at = end;
    }
    byte[] text = json(header).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(little(8).putLong(text.length).array());
      out.write(text);
      for (String name : names) {
        out.write(values(name, type, bytes));
      }
    }
  }

  private int count(String name) {
    return java.util.Arrays.stream(tensors.get(name)).reduce(1, (a, b) -> a * b);
  }

  /** The same for a name whatever else is written; every type holds the numbers exactly. */
  private byte[] values(String name, Type type, int bytes) {
    Random random = new Random(name.hashCode());
    boolean scale = name.endsWith("norm.weight");
    int count = count(name);
    ByteBuffer out = little(count * bytes);
    for (int i = 0; i < count; i++) {
      float value = scale ? 1 : (random.nextInt(255) - 127) / 1024f;
      switch (type) {
        case F32 -> out.putFloat(value);
        case F16 -> out.putShort(Float.floatToFloat16(value));
        case BF16 -> out.putShort((short) (Float.floatToIntBits(value) >>> 16));
      }
    }
    return out.array();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
