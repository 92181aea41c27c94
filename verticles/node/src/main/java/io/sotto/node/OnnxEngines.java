package io.sotto.node;

import io.sotto.engine.LaneOptions;
import io.sotto.engine.OrtLibrary;
import io.sotto.engine.SileroDetector;
import io.sotto.engine.SpeechDetector;
import io.sotto.worker.BundleSource;
import io.sotto.worker.ModelSource;

/** Whisper and Silero VAD on ONNX Runtime, from the folders that the configuration names. */
final class OnnxEngines implements Engines {
  @Override
  public ModelSource models(NodeConfig config) {
    OrtLibrary.prepare(config.node().cache());
    NodeConfig.Worker worker = config.worker();
    LaneOptions lanes =
        LaneOptions.of(
                worker.lanes(), worker.threads(), worker.rows(), worker.rows() + worker.prefetch())
            .on(worker.device());
    return new BundleSource(worker.modelsDir(), lanes);
  }

  @Override
  public Detectors detectors(NodeConfig config) {
    OrtLibrary.prepare(config.node().cache());
    return new Silero(SileroDetector.open(config.worker().modelsDir().resolve("silero-vad")));
  }

  private record Silero(SileroDetector.Model model) implements Detectors {
    @Override
    public SpeechDetector fresh() {
      return model.newDetector();
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
