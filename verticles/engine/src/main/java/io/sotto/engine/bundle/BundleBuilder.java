package io.sotto.engine.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sotto.engine.EngineException;
import io.sotto.engine.EngineException.Kind;
import io.sotto.engine.Manifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Builds a bundle from a checkpoint, all or nothing: it is written beside its place, tried there,
 * and moved at last.
 */
public final class BundleBuilder {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NEEDED =
      List.of("config.json", "generation_config.json", "tokenizer.json");
  private static final List<String> SIZES =
      List.of(
          "d_model",
          "num_mel_bins",
          "encoder_layers",
          "encoder_attention_heads",
          "decoder_layers",
          "decoder_attention_heads",
          "vocab_size",
          "max_source_positions",
          "max_target_positions");

  private final Path source;
  private final Precision precision;
  private final Consumer<String> progress;

  /** {@code progress} hears one line a step. */
  public BundleBuilder(Path source, Precision precision, Consumer<String> progress) {
    this.source = source.toAbsolutePath().normalize();
    this.precision = precision;
    this.progress = progress;
  }

  /** Whether a finished bundle works; throws {@link EngineException} when it does not. */
  public interface Trial {
    void run(Path folder);
  }

  /**
   * Builds {@code target}, which must not exist.
   *
   * @param origin where the checkpoint comes from, for the manifest, as {@code openai/whisper-tiny}
   * @throws EngineException of kind {@code BAD_MODEL} when the checkpoint is damaged or is none; of
   *     kind {@code FAULT} when it cannot be written. Nothing is left then.
   */
  public void build(Path target, String origin, String licence, Trial trial) {
    if (Files.exists(target)) {
      throw new EngineException(
          Kind.BAD_REQUEST, target + " exists; remove it first: `sotto model remove`");
    }
    Path work = null;
    try {
      Path parent = target.toAbsolutePath().getParent();
      Files.createDirectories(parent);
      work = Files.createDirectory(parent.resolve(".building-" + java.util.UUID.randomUUID()));
      write(work, target.getFileName().toString(), origin, licence);
      progress.accept("trying it");
      trial.run(work);
      Files.move(work, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | UncheckedIOException e) {
      throw new EngineException(Kind.FAULT, target + " cannot be written: " + e, e);
    } finally {
      delete(work);
    }
  }

  private void write(Path folder, String name, String origin, String licence) throws IOException {
    for (String file : NEEDED) {
      if (!Files.exists(source.resolve(file))) {
        throw new EngineException(
            Kind.BAD_MODEL, source + " has no " + file + ": not a whole Whisper checkpoint");
      }
    }
    try (Checkpoint from = new Checkpoint(source)) {
      GraphFile.Type real =
          precision == Precision.FP16 ? GraphFile.Type.HALF : GraphFile.Type.FLOAT;
      progress.accept("encoder: " + from.architecture().encoderLayers() + " layers");
      try (GraphFile graph = new GraphFile(folder, "encoder", real)) {
        new EncoderGraph(graph, from, precision).write();
        graph.save();
      }
      progress.accept("decoder: " + from.architecture().decoderLayers() + " layers");
      try (GraphFile graph = new GraphFile(folder, "decoder", real)) {
        new DecoderGraph(graph, from, precision).write();
        graph.save();
      }
      for (Path companion : from.companions()) {
        Files.copy(companion, folder.resolve(companion.getFileName()));
      }
      progress.accept("digests");
      Manifest.write(
          folder, name, origin, precision.code(), licence, architecture(from), tokens(from));
    }
  }

  private static JsonNode architecture(Checkpoint from) {
    JsonNode config = from.json("config.json");
    ObjectNode sizes = JSON.createObjectNode();
    for (String size : SIZES) {
      sizes.set(size, config.path(size));
    }
    ArrayNode heads = sizes.putArray("alignment_heads");
    from.architecture()
        .alignmentHeads()
        .forEach(head -> heads.addArray().add(head.layer()).add(head.head()));
    return sizes;
  }

  private static JsonNode tokens(Checkpoint from) {
    JsonNode generation = from.json("generation_config.json");
    ObjectNode ids = JSON.createObjectNode();
    generation.properties().stream()
        .filter(e -> e.getKey().endsWith("_token_id") && e.getValue().isInt())
        .forEach(e -> ids.set(e.getKey(), e.getValue()));
    ids.put("languages", generation.path("lang_to_id").size());
    return ids;
  }

  private static void delete(@org.jspecify.annotations.Nullable Path folder) {
    if (folder == null || !Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(BundleBuilder::deleteOne);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void deleteOne(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
