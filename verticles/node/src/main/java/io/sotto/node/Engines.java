package io.sotto.node;

import io.sotto.engine.SpeechDetector;
import io.sotto.worker.ModelSource;

/**
 * What a node hears speech and reads words with. {@link SottoNode#start(NodeConfig)} takes ONNX
 * Runtime's; whoever embeds a node may bring its own.
 */
public interface Engines {
  /** Where the worker's models come from. Takes long; called once, off the event loop. */
  ModelSource models(NodeConfig config);

  /** What recordings are listened to with. Takes long; called once, off the event loop. */
  Detectors detectors(NodeConfig config);

  /** Gives each recording a detector of its own; closed when the node has left. */
  interface Detectors extends AutoCloseable {
    SpeechDetector fresh();

    @Override
    void close();
  }
}
