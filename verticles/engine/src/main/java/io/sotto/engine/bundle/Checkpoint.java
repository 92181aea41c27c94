package io.sotto.engine.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sotto.engine.EngineException;
import io.sotto.engine.EngineException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A Whisper checkpoint as Hugging Face transformers writes it: {@code config.json}, and tensors in
 * one {@code model.safetensors} or in the shards that {@code model.safetensors.index.json} names.
 * Names are those of {@code WhisperForConditionalGeneration}, with or without {@code model.} before
 * them.
 */
final class Checkpoint implements AutoCloseable {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String PREFIX = "model.";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Architecture architecture;
  private final Map<String, Safetensors> shards = new LinkedHashMap<>();
  private final Map<String, Safetensors> homes = new HashMap<>();

  Checkpoint(Path folder) {
    this.folder = folder;
    refuseGraphs();
    this.architecture =
        Architecture.read(folder, json("config.json"), json("generation_config.json"));
    try {
      open();
    } catch (EngineException e) {
      close();
      throw e;
    }
  }

  /** An export for other runtimes is recognised by its graphs. */
  private void refuseGraphs() {
    boolean graphs =
        Files.exists(folder.resolve("encoder_model.onnx"))
            || Files.isDirectory(folder.resolve("onnx"));
    if (graphs && !Files.exists(folder.resolve(SINGLE)) && !Files.exists(folder.resolve(INDEX))) {
      throw new EngineException(
          Kind.BAD_MODEL,
          folder
              + " is an ONNX export for other programs (optimum, transformers.js); Sotto builds its"
              + " own graphs: run `sotto model pull openai/whisper-…`, or `sotto model build` on"
              + " the folder of the original checkpoint with model.safetensors");
    }
  }

  JsonNode json(String name) {
    Path file = folder.resolve(name);
    try (InputStream in = Files.newInputStream(file)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new EngineException(
          Kind.BAD_MODEL, file + " is missing or not JSON; download the checkpoint again", e);
    }
  }

  private void open() {
    if (Files.exists(folder.resolve(INDEX))) {
      JsonNode map = json(INDEX).path("weight_map");
      Set<String> files = new TreeSet<>();
      map.properties().forEach(entry -> files.add(entry.getValue().asText()));
      files.forEach(this::open);
      map.properties()
          .forEach(entry -> home(entry.getKey(), shards.get(entry.getValue().asText())));
    } else {
      Safetensors single = open(SINGLE);
      single.names().forEach(name -> home(name, single));
    }
  }

  private Safetensors open(String shard) {
    Path file = folder.resolve(shard).normalize();
    if (shard.isEmpty() || !folder.normalize().equals(file.getParent())) {
      throw new EngineException(
          Kind.BAD_MODEL,
          folder.resolve(INDEX) + " names " + shard + ", which is no file of its own folder");
    }
    Safetensors opened = new Safetensors(file);
    shards.put(shard, opened);
    return opened;
  }

  private void home(String name, Safetensors shard) {
    homes.put(name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name, shard);
  }

  Architecture architecture() {
    return architecture;
  }

  /** The tensor {@code name} as fp32, row-major, of exactly this shape. */
  float[] read(String name, int... shape) {
    Safetensors home = homes.get(name);
    if (home == null) {
      throw new EngineException(
          Kind.BAD_MODEL,
          folder + " has no tensor " + name + ": not a complete Whisper checkpoint");
    }
    return home.read(home.names().contains(name) ? name : PREFIX + name, shape);
  }

  /** The weight of a linear layer, [in, out]: transposed from how it is stored. */
  Matrix linear(String name, int in, int out) {
    return new Matrix(out, in, read(name + ".weight", out, in)).transposed();
  }

  /** Files beside the weights that belong into a bundle, where they are there. */
  List<Path> companions() {
    return List.of(
            "config.json",
            "generation_config.json",
            "preprocessor_config.json",
            "tokenizer.json",
            "LICENSE")
        .stream()
        .map(folder::resolve)
        .filter(Files::exists)
        .toList();
  }

  @Override
  public void close() {
    shards.values().forEach(Safetensors::close);
  }
}
