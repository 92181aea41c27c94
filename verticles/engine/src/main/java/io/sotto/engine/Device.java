package io.sotto.engine;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import io.sotto.engine.EngineException.Kind;

/** What the graphs run on. */
public enum Device {
  CPU,
  /** The first NVIDIA GPU, by ONNX Runtime's CUDA provider; bundles in fp16 or fp32. */
  CUDA;

  /** Prepares {@code settings} for a session of {@code bundle}; says what is missing. */
  void prepare(SessionOptions settings, ModelBundle bundle) {
    if (this == CPU) {
      return;
    }
    if (bundle.precision().equals("int8")) {
      throw new EngineException(
          Kind.BAD_MODEL,
          "model "
              + bundle.name()
              + " is in int8, which is for CPUs; for device cuda build it with"
              + " `sotto model build --precision fp16`");
    }
    try (OrtCUDAProviderOptions first = new OrtCUDAProviderOptions(0)) {
      settings.addCUDA(first);
    } catch (OrtException e) {
      throw new EngineException(
          Kind.FAULT,
          "device cuda cannot be used: it needs an NVIDIA driver, CUDA 12 with cuDNN 9, and a build"
              + " with `scripts/build.sh -Pgpu`; or set worker.device to cpu ("
              + e.getMessage()
              + ")",
          e);
    }
  }
}
