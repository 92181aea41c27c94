package io.sotto.worker;

import io.sotto.engine.EngineException;
import io.sotto.engine.ModelBundle;
import io.sotto.engine.Transcriber;

/**
 * Where a worker's models come from, by the names of {@code worker.models}. All of it may take long
 * and is called off the event loop; what cannot be done fails with {@link EngineException}, or with
 * an {@code Error} where memory ends.
 */
public interface ModelSource {
  /** What is there now and what it would take, without loading it. */
  ModelBundle.Outline look(String name);

  /**
   * Differs whenever the files are others than before, empty when there are none. Cheap enough for
   * every second.
   */
  String stamp(String name);

  /** Decodes once with what is there now, in an engine of its own. */
  void trial(String name);

  /** Checks and loads what is there now; whoever asked closes it. */
  Transcriber load(String name);
}
