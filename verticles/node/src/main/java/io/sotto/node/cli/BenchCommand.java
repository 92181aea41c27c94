package io.sotto.node.cli;

import io.sotto.engine.CpuTranscriber;
import io.sotto.engine.DecodedSegment;
import io.sotto.engine.DecodingOptions;
import io.sotto.engine.Effort;
import io.sotto.engine.LaneOptions;
import io.sotto.engine.ModelBundle;
import io.sotto.engine.OrtLibrary;
import io.sotto.engine.SileroDetector;
import io.sotto.engine.SpeechDetector;
import io.sotto.engine.Wav;
import io.sotto.engine.Window;
import io.sotto.engine.WindowTranscript;
import io.sotto.ingest.FfmpegBinary;
import io.sotto.ingest.LocalRecording;
import io.sotto.node.ConfigLoader;
import io.sotto.node.NodeConfig;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code sotto bench}: how fast this machine transcribes, without cluster and stores. From the file
 * on disk to the text: decoding, speech detection, log-mel, encoder, decoder.
 */
@Command(
    name = "bench",
    description = "Measures how fast this machine transcribes a recording; a line of JSON a run.",
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
  private static final double NANOS = 1e9;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The recording.")
  private Path file;

  @Option(names = "--model", description = "The model (default: the first of worker.models).")
  private @Nullable String model;

  @Option(names = "--models", paramLabel = "DIR", description = "Folder of the models.")
  private @Nullable Path models;

  @Option(names = "--threads", description = "Cores to use (default: worker.threads).")
  private @Nullable Integer threads;

  @Option(names = "--lanes", description = "Lanes (default: worker.lanes).")
  private @Nullable Integer lanes;

  @Option(names = "--rows", description = "Rows of each lane (default: worker.rows).")
  private @Nullable Integer rows;

  @Option(names = "--language", description = "Language, as en (default: detected).")
  private @Nullable String language;

  @Option(names = "--repeat", defaultValue = "3", description = "Runs (default: 3).")
  private int repeat;

  @Override
  public Integer call() throws IOException, InterruptedException {
    NodeConfig config = new ConfigLoader(System.getenv()).load(null, overrides());
    NodeConfig.Worker worker = config.worker();
    OrtLibrary.prepare(config.node().cache());
    FfmpegBinary ffmpeg = FfmpegBinary.bundled(config.node().cache());
    String name = model == null ? worker.models().getFirst() : model;
    ModelBundle bundle = ModelBundle.open(worker.modelsDir().resolve(name));
    int most = worker.rows() * 4;
    LaneOptions options =
        LaneOptions.of(worker.lanes(), worker.threads(), worker.rows(), most).on(worker.device());
    Path silero = silero(config);
    try (SileroDetector.Model detector = SileroDetector.open(silero);
        CpuTranscriber transcriber = CpuTranscriber.open(bundle, options)) {
      for (int i = 0; i < repeat; i++) {
        JsonObject line = new Run(ffmpeg, detector, transcriber, most).measure();
        spec.commandLine().getOut().println(line.encode());
        spec.commandLine().getOut().flush();
      }
    }
    return 0;
  }

  private Map<String, String> overrides() {
    Map<String, String> overrides = new HashMap<>();
    put(overrides, "worker.models-dir", models);
    put(overrides, "worker.threads", threads);
    put(overrides, "worker.lanes", lanes);
    put(overrides, "worker.rows", rows);
    return overrides;
  }

  private static void put(Map<String, String> overrides, String key, @Nullable Object value) {
    if (value != null) {
      overrides.put(key, value.toString());
    }
  }

  /** It lies beside the models, or else where the defaults have it. */
  private static Path silero(NodeConfig config) {
    Path beside = config.worker().modelsDir().resolve("silero-vad");
    NodeConfig defaults = new ConfigLoader(Map.of()).load(null, Map.of());
    return Files.exists(beside) ? beside : defaults.worker().modelsDir().resolve("silero-vad");
  }

  /** One time through the recording. */
  private final class Run {
    private final FfmpegBinary ffmpeg;
    private final SileroDetector.Model detector;
    private final CpuTranscriber transcriber;
    private final Semaphore room;
    private final List<CompletableFuture<WindowTranscript>> windows = new ArrayList<>();
    private final DecodingOptions options =
        DecodingOptions.DEFAULTS.toBuilder().language(language).build();
    private volatile long first;

    Run(FfmpegBinary ffmpeg, SileroDetector.Model detector, CpuTranscriber transcriber, int most) {
      this.ffmpeg = ffmpeg;
      this.detector = detector;
      this.transcriber = transcriber;
      this.room = new Semaphore(transcriber.slots() + most);
    }

    JsonObject measure() throws IOException, InterruptedException {
      Effort.Sum before = transcriber.effort();
      long begin = System.nanoTime();
      double audio;
      try (SpeechDetector ears = detector.newDetector()) {
        audio = LocalRecording.cut(ffmpeg, file, ears, (span, wav) -> submit(wav));
      }
      StringBuilder text = new StringBuilder();
      for (CompletableFuture<WindowTranscript> window : windows) {
        WindowTranscript heard = window.join();
        heard.segments().stream().map(DecodedSegment::text).forEach(text::append);
      }
      double seconds = (System.nanoTime() - begin) / NANOS;
      Effort.Sum spent = transcriber.effort().since(before);
      return new JsonObject()
          .put("audio_seconds", audio)
          .put("seconds", seconds)
          .put("rtfx", audio / seconds)
          .put("first_segment_seconds", first == 0 ? null : (first - begin) / NANOS)
          .put("windows", windows.size())
          .put("mel_seconds", spent.melSeconds())
          .put("encoder_seconds", spent.encoderSeconds())
          .put("encoder_frames", spent.frames())
          .put("decoder_seconds", spent.decoderSeconds())
          .put("decoder_steps", spent.steps())
          .put("decoder_row_steps", spent.rowSteps())
          .put("rules_seconds", spent.rulesSeconds())
          .put("peak_mb", peakMegabytes())
          .put("text", text.toString().strip());
    }

    private void submit(byte[] wav) throws InterruptedException {
      room.acquire();
      CompletableFuture<WindowTranscript> heard =
          transcriber.transcribe(new Window(Wav.read(wav), options));
      heard.whenComplete(
          (done, failure) -> {
            first = first == 0 ? System.nanoTime() : first;
            room.release();
          });
      windows.add(heard);
    }
  }

  /** The most memory this process ever held, where the system says so. */
  private static @Nullable Long peakMegabytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return null;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElse(null);
  }
}
