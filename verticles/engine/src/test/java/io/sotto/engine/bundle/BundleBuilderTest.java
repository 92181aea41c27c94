package io.sotto.engine.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.EngineException;
import io.sotto.engine.Manifest;
import io.sotto.engine.ModelBundle;
import io.sotto.engine.ModelTrial;
import io.sotto.testkit.TinyCheckpoint;
import io.sotto.testkit.TinyCheckpoint.Type;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BundleBuilderTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home", "../.."));
  private static final Path WHISPER = HOME.resolve("models/whisper-base");
  private final TinyCheckpoint tiny = new TinyCheckpoint();
  @TempDir private Path folder;

  private Path checkpoint() throws IOException {
    return tiny.write(folder.resolve("checkpoint"), WHISPER, Type.F16, 1);
  }

  private Path build(Path source, String name, Precision precision) {
    Path target = folder.resolve("models").resolve(name);
    new BundleBuilder(source, precision, step -> {}).build(target, "test", "MIT", ModelTrial::run);
    return target;
  }

  private void assertRefused(Path source, String... parts) throws IOException {
    EngineException e =
        assertThrows(EngineException.class, () -> build(source, "none", Precision.INT8));
    assertEquals(EngineException.Kind.BAD_MODEL, e.kind(), e::toString);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e::getMessage);
    }
    Path models = folder.resolve("models");
    if (Files.exists(models)) {
      try (Stream<Path> left = Files.list(models)) {
        assertEquals(List.of(), left.toList());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void whatIsBuiltRuns(Precision precision) throws IOException {
    Path built = build(checkpoint(), "tiny", precision);
    Manifest manifest = Manifest.verified(built);
    assertEquals(precision.code(), manifest.precision());
    assertEquals("tiny", manifest.name());
    assertEquals(64, manifest.architecture().path("d_model").asInt());
  }

  @Test
  void oneCheckpointGivesOneBundleHoweverItIsStored() throws IOException {
    String whole = ModelBundle.open(build(checkpoint(), "f16", Precision.INT8)).digest();
    assertEquals(
        whole,
        ModelBundle.open(build(folder.resolve("checkpoint"), "twice", Precision.INT8)).digest());
    for (Type type : Type.values()) {
      Path sharded = tiny.write(folder.resolve("sharded" + type), WHISPER, type, 3);
      String digest = ModelBundle.open(build(sharded, "of-" + type, Precision.INT8)).digest();
      assertEquals(whole, digest, type::toString);
    }
    assertNotEquals(
        whole,
        ModelBundle.open(build(folder.resolve("checkpoint"), "fp32", Precision.FP32)).digest());
  }

  @Test
  void theShippedModelIsWhatTheBuilderMakes() throws IOException {
    Path source = HOME.resolve("../shared/models/whisper-base");
    Assumptions.assumeTrue(
        Files.isDirectory(source), "no ../shared/models: the shipped model was not built again");
    Path built = folder.resolve("models/whisper-base");
    new BundleBuilder(source, Precision.INT8, step -> {})
        .build(built, "openai/whisper-base", "MIT", ModelTrial::run);
    assertEquals(Manifest.verified(WHISPER), Manifest.verified(built));
  }

  @Test
  void anyFlippedByteIsFound() throws IOException {
    Path built = build(checkpoint(), "tiny", Precision.INT8);
    Random random = new Random(11);
    for (String name : Manifest.verified(built).files().keySet()) {
      Path file = built.resolve(name);
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        long at = (long) (random.nextDouble() * bytes.length());
        flip(bytes, at);
        EngineException e = assertThrows(EngineException.class, () -> ModelBundle.open(built));
        assertTrue(e.getMessage().contains(name), e::getMessage);
        flip(bytes, at);
      }
    }
    ModelBundle.open(built);
  }

  private static void flip(RandomAccessFile bytes, long at) throws IOException {
    bytes.seek(at);
    int old = bytes.read();
    bytes.seek(at);
    bytes.write(old ^ 4);
  }

  @Test
  void aMissingTensorIsNamed() throws IOException {
    tiny.tensors.remove("model.decoder.layers.0.fc1.weight");
    assertRefused(checkpoint(), "decoder.layers.0.fc1.weight", "no tensor");
  }

  @Test
  void aTensorOfAnotherShapeIsNamed() throws IOException {
    tiny.tensors.put("model.encoder.layers.0.fc2.weight", new int[] {64, 32});
    assertRefused(
        checkpoint(), "model.safetensors", "encoder.layers.0.fc2.weight", "[64, 32]", "[64, 64]");
  }

  @Test
  void aTruncatedFileIsNamed() throws IOException {
    Path source = checkpoint();
    try (FileChannel file =
        FileChannel.open(source.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
      file.truncate(file.size() - 1);
    }
    assertRefused(source, "model.safetensors", "tensor", "truncated");
  }

  @Test
  void aHeaderThatClaimsTooMuchIsRefused() throws IOException {
    Path source = checkpoint();
    Path file = source.resolve("model.safetensors");
    for (long length : new long[] {Long.MAX_VALUE, -1, 1L << 40, 0}) {
      try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
        ByteBuffer claim = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
        out.write(claim.flip(), 0);
      }
      assertRefused(source, "model.safetensors", "header");
    }
    Files.writeString(file, "\u0008\0\0\0\0\0\0\0{\"half\":");
    assertRefused(source, "model.safetensors", "not JSON");
    Files.writeString(file, "tiny");
    assertRefused(source, "model.safetensors", "no header");
  }

  @Test
  void otherModelsAreRefused() throws IOException {
    tiny.config.put("model_type", "\"bart\"");
    assertRefused(checkpoint(), "config.json", "bart", "only whisper");
  }

  @Test
  void sizesThatNoWhisperHasAreRefused() throws IOException {
    tiny.config.put("encoder_attention_heads", "2");
    assertRefused(checkpoint(), "config.json", "2 heads", "64 wide");
  }

  @Test
  void aShardOutsideTheFolderIsRefused() throws IOException {
    Path source = tiny.write(folder.resolve("checkpoint"), WHISPER, Type.F16, 2);
    Path index = source.resolve("model.safetensors.index.json");
    String honest = Files.readString(index);
    for (String path : List.of("../secret.safetensors", "/etc/passwd", "a/../../b", "")) {
      Files.writeString(index, honest.replaceFirst("model-00001-of-00002.safetensors", path));
      assertRefused(source, "index.json", "no file of its own folder");
    }
    Files.writeString(index, honest.replace("model-00002-of-00002", "model-00003-of-00002"));
    assertRefused(source, "model-00003-of-00002.safetensors");
  }

  @Test
  void anExportForOtherProgramsIsToldWhatToBuild() throws IOException {
    Path source = checkpoint();
    Files.delete(source.resolve("model.safetensors"));
    Files.createDirectory(source.resolve("onnx"));
    assertRefused(source, "ONNX export", "sotto model pull");
  }

  @Test
  void aBundleThatDoesNotRunIsNotKept() throws IOException {
    Path source = checkpoint();
    Path target = folder.resolve("models/tiny");
    EngineException trial = new EngineException(EngineException.Kind.BAD_MODEL, "does not run");
    assertThrows(
        EngineException.class,
        () ->
            new BundleBuilder(source, Precision.INT8, step -> {})
                .build(
                    target,
                    "test",
                    "MIT",
                    built -> {
                      throw trial;
                    }));
    assertFalse(Files.exists(target));
    try (Stream<Path> left = Files.list(target.getParent())) {
      assertEquals(0, left.count());
    }
  }

  /** The manifest of such a bundle is in order: it is the graph that leads out of the folder. */
  @Test
  void aGraphWhoseWeightsLieElsewhereIsRefused() throws IOException {
    Path built = build(checkpoint(), "tiny", Precision.INT8);
    Files.copy(built.resolve("encoder.weights"), folder.resolve("x.weights"));
    Path graph = built.resolve("encoder.onnx");
    String bytes = Files.readString(graph, StandardCharsets.ISO_8859_1);
    assertTrue(bytes.contains("encoder.weights"));
    Files.writeString(
        graph, bytes.replace("encoder.weights", "../../x.weights"), StandardCharsets.ISO_8859_1);
    Manifest old = Manifest.read(built.resolve(Manifest.FILE));
    Manifest.write(built, "tiny", "test", old.precision(), "MIT", old.architecture(), old.tokens());
    ModelBundle.open(built);
    EngineException refused = assertThrows(EngineException.class, () -> ModelTrial.run(built));
    assertEquals(EngineException.Kind.BAD_MODEL, refused.kind(), refused::toString);
  }
}
