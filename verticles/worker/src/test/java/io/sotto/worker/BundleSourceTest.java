package io.sotto.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.engine.DecodedSegment;
import io.sotto.engine.DecodingOptions;
import io.sotto.engine.EngineException;
import io.sotto.engine.LaneOptions;
import io.sotto.engine.Transcriber;
import io.sotto.engine.Wav;
import io.sotto.engine.Window;
import io.sotto.engine.WindowTranscript;
import io.sotto.engine.bundle.BundleBuilder;
import io.sotto.engine.bundle.Precision;
import io.sotto.testkit.TinyCheckpoint;
import io.sotto.testkit.TinyCheckpoint.Type;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two real bundles in the real engine: Whisper base, and a tiny one of random weights. */
class BundleSourceTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home", "../.."));
  private static final Path WHISPER = HOME.resolve("models/whisper-base");

  @TempDir private Path folder;
  private final AtomicLong clock = new AtomicLong();
  private BundleSource source;
  private @Nullable WorkerModels models;
  private ModelLender lender;

  @BeforeEach
  void build() throws IOException {
    new TinyCheckpoint().write(folder.resolve("checkpoint"), WHISPER, Type.F16, 1);
    build(Precision.INT8);
    Files.createSymbolicLink(folder.resolve("whisper-base"), WHISPER.toAbsolutePath());
    source = new BundleSource(folder, new LaneOptions(1, 2, 1, 1));
  }

  private void open(String... names) {
    models =
        WorkerModels.open(source, List.of(names), 1L << 30, Duration.ofMinutes(10), clock::get);
    lender =
        new ModelLender(
            models,
            new Background(Runnable::run, Runnable::run),
            Duration.ofSeconds(5),
            new WorkerMeters(new SimpleMeterRegistry(), "cpu"));
  }

  @AfterEach
  void close() throws IOException {
    if (models != null) {
      models.close();
    }
    Files.delete(folder.resolve("whisper-base"));
  }

  private void build(Precision precision) {
    new BundleBuilder(folder.resolve("checkpoint"), precision, step -> {})
        .build(folder.resolve("tiny"), "test", "MIT", built -> {});
  }

  private void remove() throws IOException {
    Path gone = Files.move(folder.resolve("tiny"), folder.resolve("gone"));
    try (Stream<Path> files = Files.list(gone)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(gone);
  }

  private static WindowTranscript heard(Transcriber transcriber) throws Exception {
    byte[] file = Files.readAllBytes(HOME.resolve("samples/jfk.wav"));
    int bytes = 11 * Transcriber.SAMPLE_RATE * Short.BYTES; // what lies behind its header
    short[] samples = new short[bytes / Short.BYTES];
    ByteBuffer.wrap(file, file.length - bytes, bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asShortBuffer()
        .get(samples);
    float[] sound = Wav.read(Wav.write(samples, 0, samples.length));
    DecodingOptions once =
        DecodingOptions.DEFAULTS.toBuilder().language("en").temperatures(List.of(0.0)).build();
    return transcriber.transcribe(new Window(sound, once)).get(100, TimeUnit.SECONDS);
  }

  private Transcriber lent(Loan loan) {
    assertTrue(loan.transcriber().succeeded(), () -> "" + loan.transcriber().cause());
    return loan.transcriber().result();
  }

  private static void assertClosed(Transcriber transcriber) {
    var window = new Window(new float[16_000], DecodingOptions.DEFAULTS);
    CompletionException e =
        assertThrows(CompletionException.class, () -> transcriber.transcribe(window).join());
    EngineException why = assertInstanceOf(EngineException.class, e.getCause());
    assertEquals(EngineException.Kind.CLOSED, why.kind());
  }

  @Test
  void theSecondIsLoadedByNeedAndUnloadedWhenNobodyUsesIt() throws Exception {
    open("whisper-base", "tiny");
    assertEquals(List.of("whisper-base"), models.shelf().loaded());
    Loan tiny = lender.lend("tiny");
    Loan base = lender.lend("whisper-base");
    Transcriber first = lent(tiny);
    heard(first); // what random weights say is nothing to hold them to
    String text =
        heard(lent(base)).segments().stream()
            .map(DecodedSegment::text)
            .collect(Collectors.joining());
    assertTrue(text.contains("ask not what your country can do for you"), text);
    base.end();
    tiny.end();
    clock.addAndGet(Duration.ofMinutes(10).toNanos());
    lender.tick();
    assertEquals(List.of("whisper-base"), models.shelf().loaded());
    assertClosed(first);
    assertEquals(first.modelDigest(), lent(lender.lend("tiny")).modelDigest());
  }

  @Test
  void aBundleRemovedAndBuiltAnewUnderItsNameReplacesTheLoadedOne() throws Exception {
    open("tiny");
    Loan runs = lender.lend("tiny");
    Transcriber old = lent(runs);
    remove();
    lender.tick();
    lender.tick();
    assertEquals(old.modelDigest(), lent(lender.lend("tiny")).modelDigest());
    build(Precision.FP32);
    lender.tick();
    lender.tick();
    Transcriber fresh = lent(lender.lend("tiny"));
    assertEquals(source.look("tiny").digest(), fresh.modelDigest());
    assertNotEquals(old.modelDigest(), fresh.modelDigest());
    heard(fresh);
    heard(old);
  }

  @Test
  void aDamagedBundleUnderItsNameChangesNothing() throws Exception {
    open("tiny");
    Transcriber old = lent(lender.lend("tiny"));
    remove();
    build(Precision.FP32);
    try (var weights =
        new RandomAccessFile(folder.resolve("tiny/decoder.weights").toFile(), "rw")) {
      weights.seek(1_000);
      int was = weights.read();
      weights.seek(1_000);
      weights.write(was ^ 1);
    }
    lender.tick();
    lender.tick();
    assertEquals(old.modelDigest(), lent(lender.lend("tiny")).modelDigest());
    assertNotEquals(old.modelDigest(), source.look("tiny").digest());
    heard(old);
  }

  @Test
  void aStampIsThatOfTheFiles() throws Exception {
    String stamp = source.stamp("tiny");
    assertFalse(stamp.isEmpty());
    assertEquals(stamp, source.stamp("tiny"));
    Files.writeString(folder.resolve("tiny/config.json"), "{}");
    assertNotEquals(stamp, source.stamp("tiny"));
    assertEquals("", source.stamp("none"));
  }
}
