package io.sotto.node;

import io.micrometer.core.instrument.MeterRegistry;
import io.sotto.ingest.FfmpegBinary;
import io.sotto.protocol.NodeId;
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
    CompletableFuture<Engines.Detectors> detectors,
    CompletableFuture<FfmpegBinary> ffmpeg) {

  static Parts begin(
      NodeConfig config,
      NodeId self,
      SottoNode.Kind kind,
      Engines engines,
      MeterRegistry meters,
      Tracing tracing,
      Closing closing,
      Startup startup) {
    NodeConfig.Node node = config.node();
    boolean alone = kind == SottoNode.Kind.ONE_CALL;
    boolean ingest = node.has(Role.INGEST);
    return new Parts(
        startup.begin("stores", () -> opened(closing, "stores", Stores.open(config, !alone))),
        startup.begin("cluster", () -> cluster(config, self, alone, meters, tracing, closing)),
        startup.begin(
            "models", () -> node.has(Role.WORKER) ? models(config, engines, closing) : null),
        startup.begin(
            "detectors",
            () -> ingest ? opened(closing, "detectors", engines.detectors(config)) : null),
        startup.begin("ffmpeg", () -> ingest ? ffmpeg(config) : null));
  }

  private static <T extends AutoCloseable> T opened(Closing closing, String name, T part) {
    closing.add(name, part::close);
    return part;
  }

  private static Vertx cluster(
      NodeConfig config,
      NodeId self,
      boolean alone,
      MeterRegistry meters,
      Tracing tracing,
      Closing closing)
      throws Exception {
    Vertx vertx = SottoNode.await(ClusterStart.start(config, self, alone, meters, tracing));
    closing.add("cluster", () -> SottoNode.await(vertx.close()));
    return vertx;
  }

  private static WorkerModels models(NodeConfig config, Engines engines, Closing closing) {
    NodeConfig.Worker worker = config.worker();
    return opened(
        closing,
        "models",
        WorkerModels.open(
            engines.models(config), worker.models(), worker.modelsMemory(), worker.modelIdle()));
  }

  private static FfmpegBinary ffmpeg(NodeConfig config) {
    String own = config.ingest().ffmpeg();
    return own.isEmpty()
        ? FfmpegBinary.bundled(config.node().cache())
        : FfmpegBinary.configured(Path.of(own));
  }

  /** Waits until nothing is being opened any more, so that closing misses nothing. */
  void settle() {
    CompletableFuture.allOf(stores, vertx, models, detectors, ffmpeg)
        .handle((done, failure) -> true)
        .join();
  }
}
