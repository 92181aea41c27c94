package io.sotto.engine;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.sotto.engine.EngineException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/**
 * Silero VAD, 16 kHz: each frame of 512 samples is heard with the 64 before it, and a recurrent
 * state is carried on. The graph is Silero's, laid out for many frames a run by {@code
 * scripts/silero-graph.py}: an eighth of the time of one by one, on one core.
 */
public final class SileroDetector implements SpeechDetector {
  private static final String GRAPH = "silero_vad_16k.onnx";
  private static final int CONTEXT = 64;
  private static final int HEARD = CONTEXT + FRAME_SAMPLES;
  private static final int STATE = 128;

  private final Model model;
  private final FloatBuffer input = floats(FRAMES_MOST * HEARD);
  private final float[] context = new float[CONTEXT];
  private final FloatBuffer hidden = floats(STATE);
  private final FloatBuffer cell = floats(STATE);

  /** The loaded model, shared by any number of streams. */
  public static final class Model implements AutoCloseable {
    private final OrtSession session;

    private Model(OrtSession session) {
      this.session = session;
    }

    public SpeechDetector newDetector() {
      return new SileroDetector(this);
    }

    @Override
    public void close() {
      try {
        session.close();
      } catch (OrtException e) {
        throw OrtLibrary.fault("closing Silero VAD failed", e);
      }
    }
  }

  /**
   * Reads and checks the bundle in {@code folder}.
   *
   * @throws EngineException of kind {@code BAD_MODEL}, naming the file
   */
  public static Model open(Path folder) {
    Manifest.verified(folder);
    Path graph = folder.resolve(GRAPH);
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setMemoryPatternOptimization(false);
      return new Model(OrtEnvironment.getEnvironment().createSession(graph.toString(), options));
    } catch (OrtException e) {
      throw new EngineException(Kind.BAD_MODEL, graph + " cannot be loaded: " + e.getMessage(), e);
    }
  }

  private SileroDetector(Model model) {
    this.model = model;
  }

  private static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  @Override
  public void probabilities(float[] samples, int frames, float[] into) {
    if (frames < 1 || frames > FRAMES_MOST) {
      throw new IllegalArgumentException(
          frames + " frames; a call takes 1 to " + FRAMES_MOST + " of them");
    }
    lay(samples, frames);
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    long[] state = {1, 1, STATE};
    try (OnnxTensor heard =
            OnnxTensor.createTensor(
                env, input.slice(0, frames * HEARD), new long[] {frames, HEARD});
        OnnxTensor h = OnnxTensor.createTensor(env, hidden, state);
        OnnxTensor c = OnnxTensor.createTensor(env, cell, state);
        OrtSession.Result found = model.session.run(Map.of("frames", heard, "h", h, "c", c))) {
      of(found, "probabilities").get(into, 0, frames);
      hidden.put(0, of(found, "h_n"), 0, STATE);
      cell.put(0, of(found, "c_n"), 0, STATE);
    } catch (OrtException e) {
      throw OrtLibrary.fault("Silero VAD failed", e);
    }
  }

  /** Each frame after the samples before it. */
  private void lay(float[] samples, int frames) {
    for (int frame = 0; frame < frames; frame++) {
      int begin = frame * FRAME_SAMPLES;
      input.put(
          frame * HEARD, frame == 0 ? context : samples, Math.max(0, begin - CONTEXT), CONTEXT);
      input.put(frame * HEARD + CONTEXT, samples, begin, FRAME_SAMPLES);
    }
    System.arraycopy(samples, frames * FRAME_SAMPLES - CONTEXT, context, 0, CONTEXT);
  }

  private static FloatBuffer of(OrtSession.Result found, String name) {
    return ((OnnxTensor) found.get(name).orElseThrow()).getFloatBuffer();
  }

  @Override
  public void reset() {
    for (int i = 0; i < STATE; i++) {
      hidden.put(i, 0);
      cell.put(i, 0);
    }
    java.util.Arrays.fill(context, 0);
  }

  @Override
  public void close() {
    // what a stream holds is the collector's
  }
}
