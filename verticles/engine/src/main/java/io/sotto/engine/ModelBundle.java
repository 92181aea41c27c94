package io.sotto.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.engine.EngineException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A Whisper model on disk, checked file by file against its manifest: {@code encoder.onnx} and
 * {@code decoder.onnx} with their weights beside them, tokenizer and configurations as Hugging Face
 * writes them. Graphs as {@code bundle} writes them: log-mel in, int8 cross-attention caches
 * between encoder and decoder, one decoder step a run.
 */
public final class ModelBundle {
  /** Frames that the encoder makes of a window. */
  private static final int FRAMES = Frames.MOST;

  private final Path folder;
  private final Manifest manifest;
  private final Dimensions dimensions;
  private final TokenIds tokens;
  private final Tokenizer tokenizer;

  /** Sizes of the graphs' tensors. */
  record Dimensions(
      int melBins,
      int layers,
      int heads,
      int modelWidth,
      int vocabulary,
      int textPositions,
      int alignmentHeads) {
    static Dimensions read(JsonNode architecture) {
      return new Dimensions(
          architecture.path("num_mel_bins").asInt(),
          architecture.path("decoder_layers").asInt(),
          architecture.path("decoder_attention_heads").asInt(),
          architecture.path("d_model").asInt(),
          architecture.path("vocab_size").asInt(),
          architecture.path("max_target_positions").asInt(),
          architecture.path("alignment_heads").size());
    }

    /**
     * Bytes of one row of a lane: keys and values of both attentions in every decoder layer, the
     * mask, the logits, and what the alignment heads hear.
     */
    long bytesOfRow(String precision) {
      boolean eightBits = precision.equals("int8");
      int real = precision.equals("fp16") ? Short.BYTES : Float.BYTES;
      long text = (long) textPositions * modelWidth * real;
      long cross = (long) FRAMES * modelWidth * (eightBits ? Byte.BYTES : real);
      long scales = eightBits ? (long) modelWidth * Float.BYTES : 0;
      long answers = 2L * vocabulary + (long) alignmentHeads * FRAMES;
      return 2 * layers * (text + cross + scales) + answers * Float.BYTES;
    }
  }

  /**
   * A bundle by its manifest alone: {@link #digest}, what it takes once it is loaded, what its
   * files take, how many of Whisper's languages it knows (0: English-only), and the windows that a
   * lane of it decodes side by side.
   */
  public record Outline(
      String digest, long memoryBytes, long fileBytes, String precision, int languages, int rows) {}

  private ModelBundle(Path folder) {
    this.folder = folder;
    this.manifest = Manifest.verified(folder);
    this.dimensions = Dimensions.read(manifest.architecture());
    this.tokens = TokenIds.read(Manifest.json(folder.resolve("generation_config.json")));
    this.tokenizer = Tokenizer.read(folder.resolve("tokenizer.json"));
  }

  /**
   * Reads and checks the bundle in {@code folder}.
   *
   * @throws EngineException of kind {@code BAD_MODEL}, naming the file that is missing, truncated
   *     or damaged
   */
  public static ModelBundle open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new EngineException(Kind.BAD_MODEL, "there is no model in " + folder);
    }
    ModelBundle bundle = new ModelBundle(folder);
    checkParts(folder, bundle.manifest);
    return bundle;
  }

  private static void checkParts(Path folder, Manifest manifest) {
    for (String needed : List.of("encoder.onnx", "decoder.onnx", "tokenizer.json")) {
      if (!manifest.files().containsKey(needed)) {
        throw new EngineException(
            Kind.BAD_MODEL, folder.resolve("manifest.json") + " does not list " + needed);
      }
    }
  }

  /**
   * What the bundle in {@code folder} would be and take when {@code options} run it. Reads the
   * manifest and checks no file, so that it costs next to nothing.
   *
   * @throws EngineException of kind {@code BAD_MODEL} when there is none
   */
  public static Outline outline(Path folder, LaneOptions options) {
    Manifest manifest = Manifest.read(folder.resolve(Manifest.FILE));
    checkParts(folder, manifest);
    long bytesOfRow = Dimensions.read(manifest.architecture()).bytesOfRow(manifest.precision());
    long memory =
        options.memoryBytes(
            bytesOf("encoder.", manifest), bytesOf("decoder.", manifest), bytesOfRow);
    return new Outline(
        manifest.digestOfAll(),
        memory,
        bytesOf("", manifest),
        manifest.precision(),
        manifest.tokens().path("languages").asInt(),
        options.rows());
  }

  private static long bytesOf(String prefix, Manifest manifest) {
    return manifest.files().entrySet().stream()
        .filter(file -> file.getKey().startsWith(prefix))
        .mapToLong(file -> file.getValue().bytes())
        .sum();
  }

  /** The name clients ask for: the manifest's, or the folder's. */
  public String name() {
    return manifest.name().isEmpty() ? folder.getFileName().toString() : manifest.name();
  }

  /** SHA-256 over the digests of all files. */
  public String digest() {
    return manifest.digestOfAll();
  }

  /** What its weights are stored as: {@code int8}, {@code fp32} or {@code fp16}. */
  public String precision() {
    return manifest.precision();
  }

  /** Whisper codes of the languages it knows; empty for an English-only model. */
  public Set<String> languages() {
    return Set.copyOf(tokens.languages().keySet());
  }

  /** Whether it can be asked for English of what is said in another language. */
  public boolean translates() {
    return tokens.multilingual() && manifest.wholeDecoder();
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  Dimensions dimensions() {
    return dimensions;
  }

  TokenIds tokens() {
    return tokens;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }
}
