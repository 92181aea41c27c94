package io.sotto.node;

import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.engine.LaneOptions;
import io.sotto.engine.OrtLibrary;
import io.sotto.engine.SileroDetector;
import io.sotto.ingest.FfmpegBinary;
import io.sotto.worker.BundleSource;
import io.sotto.worker.WorkerModels;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * The slow parts of a node, opened side by side before its verticles; each registers its closing.
 */
record Parts(
    CompletableFuture<Stores> stores,
    CompletableFuture<Vertx> vertx,
    CompletableFuture<WorkerModels> models,
    CompletableFuture<SileroDetector.Model> silero,
    CompletableFuture<FfmpegBinary> ffmpeg) {

  static Parts begin(
      NodeConfig config,
      SottoNode.Kind kind,
      MeterRegistry meters,
      Closing closing,
      Startup startup) {
    NodeConfig.Node node = config.node();
    boolean alone = kind == SottoNode.Kind.ONE_CALL;
    boolean ingest = node.has(Role.INGEST);
    return new Parts(
        startup.begin("stores", () -> opened(closing, "stores", Stores.open(config, !alone))),
        startup.begin("cluster", () -> cluster(config, alone, meters, closing)),
        startup.begin("models", () -> node.has(Role.WORKER) ? models(config, closing) : null),
        startup.begin("silero", () -> ingest ? silero(config, closing) : null),
        startup.begin("ffmpeg", () -> ingest ? ffmpeg(config) : null));
  }

  private static <T extends AutoCloseable> T opened(Closing closing, String name, T part) {
    closing.add(name, part::close);
    return part;
  }

  private static Vertx cluster(
      NodeConfig config, boolean alone, MeterRegistry meters, Closing closing) throws Exception {
    Vertx vertx = SottoNode.await(ClusterStart.start(config, alone, meters));
    closing.add("cluster", () -> SottoNode.await(vertx.close()));
    return vertx;
  }

  private static WorkerModels models(NodeConfig config, Closing closing) {
    OrtLibrary.prepare(config.node().cache());
    NodeConfig.Worker worker = config.worker();
    LaneOptions lanes =
        LaneOptions.of(
                worker.lanes(), worker.threads(), worker.rows(), worker.rows() + worker.prefetch())
            .on(worker.device());
    return opened(
        closing,
        "models",
        WorkerModels.open(
            new BundleSource(worker.modelsDir(), lanes),
            worker.models(),
            worker.modelsMemory(),
            worker.modelIdle()));
  }

  private static SileroDetector.Model silero(NodeConfig config, Closing closing) {
    OrtLibrary.prepare(config.node().cache());
    Path folder = config.worker().modelsDir().resolve("silero-vad");
    return opened(closing, "silero", SileroDetector.open(folder));
  }

  private static FfmpegBinary ffmpeg(NodeConfig config) {
    String own = config.ingest().ffmpeg();
    return own.isEmpty()
        ? FfmpegBinary.bundled(config.node().cache())
        : FfmpegBinary.configured(Path.of(own));
  }

  /** Waits until nothing is being opened any more, so that closing misses nothing. */
  void settle() {
    CompletableFuture.allOf(stores, vertx, models, silero, ffmpeg)
        .handle((done, failure) -> true)
        .join();
  }
}
