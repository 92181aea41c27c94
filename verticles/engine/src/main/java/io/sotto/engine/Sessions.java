package io.sotto.engine;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.sotto.engine.EngineException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The loaded graphs of a model, shared by its lanes. With several lanes the encoder is loaded
 * twice: once for a lane's share of the cores, once for all of them, which a lane uses while it is
 * the only one at work. A session of all cores with several callers is slower than either (383 ms a
 * window against 310 on two cores). A decoder's step is bound by memory, which more cores do not
 * make faster: it is loaded once.
 */
final class Sessions implements AutoCloseable {
  private final List<OrtSession> opened = new ArrayList<>();
  private final OrtSession encoder;
  private final OrtSession decoder;
  private final OrtSession soloEncoder;
  private final AtomicInteger atWork = new AtomicInteger();

  /** Loads one graph of a model for so many threads. */
  @FunctionalInterface
  interface Loading {
    OrtSession load(String graph, int threads);
  }

  Sessions(ModelBundle bundle, LaneOptions options) {
    this(options, (graph, threads) -> load(bundle, graph, options, threads));
  }

  /** All of them or none: when one fails, those before it are closed again. */
  Sessions(LaneOptions options, Loading loading) {
    try {
      encoder = opened(loading.load("encoder.onnx", options.threadsOfLane()));
      decoder = opened(loading.load("decoder.onnx", options.threadsOfLane()));
      soloEncoder =
          options.soloEncoder() ? opened(loading.load("encoder.onnx", options.threads())) : encoder;
    } catch (RuntimeException | Error e) {
      closeAfter(e);
      throw e;
    }
  }

  private OrtSession opened(OrtSession session) {
    opened.add(session);
    return session;
  }

  private void closeAfter(Throwable failure) {
    try {
      close();
    } catch (EngineException e) {
      failure.addSuppressed(e);
    }
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

  /** A lane has rows to decode from now on; whether no other had any. */
  boolean begin() {
    return atWork.incrementAndGet() == 1;
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
    OrtException failure = null;
    for (OrtSession session : opened) {
      try {
        session.close();
      } catch (OrtException e) {
        failure = e; // the others are closed all the same
      }
    }
    if (failure != null) {
      throw OrtLibrary.fault("closing the model failed", failure);
    }
  }
}
