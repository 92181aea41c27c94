package io.sotto.engine;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.sotto.engine.EngineException.Kind;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The loaded graphs of a model, shared by its lanes. With several lanes the encoder is loaded
 * twice: once for a lane's share of the cores, once for all of them, which a lane uses while it is
 * the only one at work. A session of all cores with several callers is slower than either (383 ms a
 * window against 310 on two cores). A decoder's step is bound by memory, which more cores do not
 * make faster: it is loaded once.
 */
final class Sessions implements AutoCloseable {
  private final OrtSession encoder;
  private final OrtSession decoder;
  private final OrtSession soloEncoder;
  private final AtomicInteger atWork = new AtomicInteger();

  Sessions(ModelBundle bundle, LaneOptions options) {
    encoder = load(bundle, "encoder.onnx", options, options.threadsOfLane());
    decoder = load(bundle, "decoder.onnx", options, options.threadsOfLane());
    boolean several = options.threadsOfLane() < options.threads();
    soloEncoder = several ? load(bundle, "encoder.onnx", options, options.threads()) : encoder;
  }

  private static OrtSession load(
      ModelBundle bundle, String graph, LaneOptions options, int threads) {
    try (SessionOptions settings = new SessionOptions()) {
      options.device().prepare(settings, bundle);
      settings.setIntraOpNumThreads(threads);
      // patterns are kept per shape and thread: with rows that come and go they only hold memory
      settings.setMemoryPatternOptimization(false);
      // threads that spin while they wait take the cores from everything else on the machine
      settings.addConfigEntry("session.intra_op.allow_spinning", "0");
      return OrtEnvironment.getEnvironment().createSession(bundle.file(graph).toString(), settings);
    } catch (OrtException e) {
      throw new EngineException(
          Kind.BAD_MODEL, bundle.file(graph) + " cannot be loaded: " + e.getMessage(), e);
    }
  }

  /** A lane has rows to decode from now on. */
  void begin() {
    atWork.incrementAndGet();
  }

  /** It has none any more. */
  void end() {
    atWork.decrementAndGet();
  }

  OrtSession encoder() {
    return atWork.get() > 1 ? encoder : soloEncoder;
  }

  OrtSession decoder() {
    return decoder;
  }

  @Override
  public void close() {
    try {
      encoder.close();
      decoder.close();
      if (soloEncoder != encoder) {
        soloEncoder.close();
      }
    } catch (OrtException e) {
      throw OrtLibrary.fault("closing the model failed", e);
    }
  }
}
