package io.sotto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sotto.engine.EngineException.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelBundleTest {
  @TempDir private Path folder;

  private Path copy() throws IOException {
    Path copy = Files.createDirectories(folder.resolve("model"));
    try (var files = Files.list(Samples.WHISPER)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static void assertRefused(Path model, String... parts) {
    EngineException e = assertThrows(EngineException.class, () -> ModelBundle.open(model));
    assertEquals(Kind.BAD_MODEL, e.kind());
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  @Test
  void readsWhatTheModelIs() {
    ModelBundle bundle = ModelBundle.open(Samples.WHISPER);
    assertEquals("whisper-base", bundle.name());
    assertEquals(64, bundle.digest().length());
    assertEquals(99, bundle.languages().size());
    assertEquals(50257, bundle.tokens().endOfText());
    assertEquals(50364, bundle.tokens().firstTimestamp());
  }

  /** R9: turbo's decoder has 4 layers of 32, and transcribes where it is asked to translate. */
  @Test
  void aModelWhoseDecoderWasCutDownCannotTranslate() throws IOException {
    assertTrue(ModelBundle.open(Samples.WHISPER).translates());
    Path model = copy();
    Path file = model.resolve("manifest.json");
    String whole = Files.readString(file);
    String turbo = whole.replaceFirst("\"encoder_layers\" : 6", "\"encoder_layers\" : 32");
    Files.writeString(file, turbo);
    ModelBundle bundle = ModelBundle.open(model);
    assertFalse(bundle.translates());
    try (CpuTranscriber transcriber = CpuTranscriber.open(bundle, new LaneOptions(1, 1, 1, 1))) {
      DecodingOptions translate = DecodingOptions.DEFAULTS.toBuilder().translate(true).build();
      ExecutionException refused =
          assertThrows(
              ExecutionException.class,
              () -> transcriber.transcribe(new Window(Samples.silence(1), translate)).get());
      EngineException e = assertInstanceOf(EngineException.class, refused.getCause());
      assertEquals(Kind.BAD_REQUEST, e.kind());
      assertTrue(e.getMessage().contains("cannot translate"), e.getMessage());
    }
  }

  @Test
  void aTruncatedFileIsNamed() throws IOException {
    Path model = copy();
    try (FileChannel weights =
        FileChannel.open(model.resolve("decoder.weights"), StandardOpenOption.WRITE)) {
      weights.truncate(weights.size() - 1);
    }
    assertRefused(model, "decoder.weights", "bytes", "copy the model again");
  }

  @Test
  void aFlippedBitIsNamed() throws IOException {
    Path model = copy();
    try (RandomAccessFile weights =
        new RandomAccessFile(model.resolve("encoder.weights").toFile(), "rw")) {
      weights.seek(1_000_000);
      int old = weights.read();
      weights.seek(1_000_000);
      weights.write(old ^ 1);
    }
    assertRefused(model, "encoder.weights", "damaged");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Path model = copy();
    Files.delete(model.resolve("tokenizer.json"));
    assertRefused(model, "tokenizer.json", "missing");
  }

  @Test
  void aBrokenManifestAndAnAbsentModelAreSaid() throws IOException {
    Path model = copy();
    assertChanged(model, manifest -> assertRefused(manifest.getParent(), "manifest.json"));
    assertRefused(folder.resolve("none"), "there is no model in");
  }

  @Test
  void noFileOfABundleLiesOutsideItsFolder() throws IOException {
    Path model = copy();
    Path manifest = model.resolve("manifest.json");
    String text = Files.readString(manifest);
    assertTrue(text.contains("\"LICENSE\""), text);
    for (String name : List.of("../LICENSE", "/etc/passwd", "..", "a/b", "")) {
      Files.writeString(manifest, text.replace("\"LICENSE\"", '"' + name + '"'));
      assertRefused(model, "names a file outside its folder");
    }
  }

  private static void assertChanged(Path model, Consumer<Path> check) throws IOException {
    Path manifest = model.resolve("manifest.json");
    Files.writeString(manifest, "{ half a fi");
    check.accept(manifest);
  }

  @Test
  void itsMemoryIsToldByTheManifestAlone() throws IOException {
    Path model = copy();
    ModelBundle.Outline alone = ModelBundle.outline(model, new LaneOptions(1, 2, 1, 0));
    assertEquals(ModelBundle.open(Samples.WHISPER).digest(), alone.digest());
    long encoder = size("encoder.onnx") + size("encoder.weights");
    long graphs = encoder + size("decoder.onnx") + size("decoder.weights");
    long caches = 2 * 6 * (448 * 512 * 4 + 1_500 * 512 + 512 * 4);
    long row = caches + (2 * 51_865 + 8 * 1_500) * 4;
    assertEquals(graphs + row, alone.memoryBytes());

    long shared = ModelBundle.outline(model, new LaneOptions(2, 2, 5, 8)).memoryBytes();
    assertEquals(graphs + encoder + 10 * row, shared, "a second encoder, ten rows");

    Files.delete(model.resolve("decoder.weights"));
    assertEquals(alone, ModelBundle.outline(model, new LaneOptions(1, 2, 1, 0)));
    Files.delete(model.resolve("manifest.json"));
    EngineException e =
        assertThrows(
            EngineException.class, () -> ModelBundle.outline(model, new LaneOptions(1, 2, 1, 0)));
    assertEquals(Kind.BAD_MODEL, e.kind());
  }

  private static long size(String file) throws IOException {
    return Files.size(Samples.WHISPER.resolve(file));
  }

  @Test
  void aRowIsCountedByHowItsCachesAreStored() {
    var size = new ModelBundle.Dimensions(80, 1, 1, 64, 100, 448, 2);
    long answers = (2 * 100 + 2 * 1_500) * 4;
    assertEquals(2 * (448 * 64 * 4 + 1_500 * 64 + 64 * 4) + answers, size.bytesOfRow("int8"));
    assertEquals(2 * (448 + 1_500) * 64 * 4 + answers, size.bytesOfRow("fp32"));
    assertEquals(2 * (448 + 1_500) * 64 * 2 + answers, size.bytesOfRow("fp16"));
  }
}
