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
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Silero VAD, 16 kHz: each frame of 512 samples goes in with the 64 before it, a recurrent state of
 * [2, 1, 128] is carried on.
 */
public final class SileroDetector implements SpeechDetector {
  private static final String GRAPH = "silero_vad_16k_op15.onnx";
  private static final int CONTEXT = 64;
  private static final int STATE = 2 * 128;

  private final Model model;
  private final FloatBuffer input = floats(CONTEXT + FRAME_SAMPLES);
  private final FloatBuffer state = floats(STATE);
  private final FloatBuffer nextState = floats(STATE);
  private final FloatBuffer probability = floats(1);
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> outputs;
  private boolean closed;

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
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    LongBuffer rate =
        ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder()).asLongBuffer();
    rate.put(0, Transcriber.SAMPLE_RATE);
    try {
      inputs =
          Map.of(
              "input", OnnxTensor.createTensor(env, input, new long[] {1, input.capacity()}),
              "state", OnnxTensor.createTensor(env, state, new long[] {2, 1, 128}),
              "sr", OnnxTensor.createTensor(env, rate, new long[0]));
      outputs =
          Map.of(
              "output", OnnxTensor.createTensor(env, probability, new long[] {1, 1}),
              "stateN", OnnxTensor.createTensor(env, nextState, new long[] {2, 1, 128}));
    } catch (OrtException e) {
      throw OrtLibrary.fault("no memory for a speech detector", e);
    }
  }

  private static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  @Override
  public float probability(float[] samples, int offset) {
    input.put(CONTEXT, samples, offset, FRAME_SAMPLES);
    try {
      model.session.run(inputs, Set.of(), outputs).close();
    } catch (OrtException e) {
      throw OrtLibrary.fault("Silero VAD failed", e);
    }
    state.put(0, nextState, 0, STATE);
    input.put(0, samples, offset + FRAME_SAMPLES - CONTEXT, CONTEXT);
    return probability.get(0);
  }

  @Override
  public void reset() {
    for (int i = 0; i < STATE; i++) {
      state.put(i, 0);
    }
    for (int i = 0; i < CONTEXT; i++) {
      input.put(i, 0);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      inputs.values().forEach(OnnxTensor::close);
      outputs.values().forEach(OnnxTensor::close);
    }
  }
}
