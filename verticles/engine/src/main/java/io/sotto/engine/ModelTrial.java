package io.sotto.engine;

import io.sotto.engine.EngineException.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Runs a bundle once, so that one which cannot work is refused before anybody relies on it. */
public final class ModelTrial {
  private static final long LIMIT_SECONDS = 300;
  private static final double HERTZ = 220;

  private ModelTrial() {}

  /**
   * Checks every file, loads the graphs and decodes a second of sound.
   *
   * @throws EngineException of kind {@code BAD_MODEL} when any of it fails
   */
  public static ModelBundle run(Path folder) {
    ModelBundle bundle = ModelBundle.open(folder);
    DecodingOptions once =
        DecodingOptions.DEFAULTS.toBuilder()
            .temperatures(List.of(0.0))
            .wordTimestamps(true)
            .build();
    try (CpuTranscriber transcriber = CpuTranscriber.open(bundle, LaneOptions.of(1, 0, 1, 0))) {
      WindowTranscript heard =
          transcriber
              .transcribe(new Window(tone(), once))
              .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
              .join();
      for (DecodedSegment segment : heard.segments()) {
        if (!Double.isFinite(segment.avgLogprob()) || !Double.isFinite(segment.noSpeechProb())) {
          throw new EngineException(Kind.BAD_MODEL, folder + " gives no finite probabilities");
        }
      }
      return bundle;
    } catch (CompletionException e) {
      throw new EngineException(
          Kind.BAD_MODEL, folder + " cannot decode a second of sound: " + e.getCause(), e);
    }
  }

  private static float[] tone() {
    float[] samples = new float[Transcriber.SAMPLE_RATE];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) (Math.sin(2 * Math.PI * HERTZ * i / Transcriber.SAMPLE_RATE) / 4);
    }
    return samples;
  }
}
