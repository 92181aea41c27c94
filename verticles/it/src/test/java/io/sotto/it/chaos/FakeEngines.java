package io.sotto.it.chaos;

import io.sotto.engine.ModelBundle;
import io.sotto.engine.SpeechDetector;
import io.sotto.engine.Transcriber;
import io.sotto.node.Engines;
import io.sotto.node.NodeConfig;
import io.sotto.worker.ModelSource;

/** Engines that cost nothing: loud is speech, and its text is {@link FakeText}. */
record FakeEngines(int rows, long latencyMs) implements Engines {
  static final String MODEL = "fake";

  @Override
  public ModelSource models(NodeConfig config) {
    return new Source(rows, latencyMs);
  }

  @Override
  public Detectors detectors(NodeConfig config) {
    return new Detectors() {
      @Override
      public SpeechDetector fresh() {
        return new Loudness();
      }

      @Override
      public void close() {
        // nothing is held
      }
    };
  }

  /** The one model there is. */
  private record Source(int rows, long latencyMs) implements ModelSource {
    @Override
    public ModelBundle.Outline look(String name) {
      return new ModelBundle.Outline("digest-of-" + name, 1, 1, "fp32", 99, rows);
    }

    @Override
    public String stamp(String name) {
      return name;
    }

    @Override
    public void trial(String name) {
      // it never fails
    }

    @Override
    public Transcriber load(String name) {
      return new FakeTranscriber(name, rows, latencyMs);
    }
  }

  /** Speech is what is not silence. */
  private static final class Loudness implements SpeechDetector {
    private static final float LOUD = 0.01f;

    @Override
    public void probabilities(float[] samples, int frames, float[] into) {
      for (int frame = 0; frame < frames; frame++) {
        double sum = 0;
        for (int i = 0; i < FRAME_SAMPLES; i++) {
          sum += Math.abs(samples[frame * FRAME_SAMPLES + i]);
        }
        into[frame] = sum / FRAME_SAMPLES > LOUD ? 0.95f : 0.02f;
      }
    }

    @Override
    public void reset() {
      // it remembers nothing
    }

    @Override
    public void close() {
      // nothing is held
    }
  }
}
