package io.sotto.engine.bundle;

import java.util.List;

/**
 * How weights become eight bits, measured in docs/adr/0007: symmetric, the nearest even at a tie,
 * the same bytes on every machine.
 */
final class Quantizer {
  /**
   * Of signed bytes that meet unsigned ones. Processors without VNNI add two such products in 16
   * bits: with all of 127 they overflow, and what is heard errs half as much again (ADR 7).
   */
  private static final int MOST = 100;

  private static final double SMOOTHING = 0.7;
  private static final float RANGE_MIN = 1e-5f;

  private Quantizer() {}

  /** {@code data[i]} times its scale is the weight; where the scales lie is said by who made it. */
  record Eight(byte[] data, float[] scales) {}

  /** One scale a column of {@code w} [in, out]: signed bytes, [in, out]. */
  static Eight columns(Matrix w) {
    float[] scales = new float[w.columns()];
    for (int i = 0; i < w.data().length; i++) {
      int column = i % w.columns();
      scales[column] = Math.max(scales[column], Math.abs(w.data()[i]));
    }
    for (int c = 0; c < scales.length; c++) {
      scales[c] = scales[c] == 0 ? 1 : scales[c] / MOST;
    }
    byte[] data = new byte[w.data().length];
    for (int i = 0; i < data.length; i++) {
      data[i] = round(w.data()[i] / scales[i % w.columns()]);
    }
    return new Eight(data, scales);
  }

  private static byte round(float value) {
    return (byte) Math.clamp(Math.rint(value), -MOST, MOST);
  }

  /**
   * Divisors for the channels after a LayerNorm, by which outliers move from the activations into
   * the weights (Xiao et al. 2022, SmoothQuant) without any recorded audio: the range of a channel
   * is taken as {@code 4 |gamma| + |beta|}. Their geometric mean is 1.
   *
   * @param readers the weights [in, out] that read the normed channels
   */
  static float[] smoothing(float[] gamma, float[] beta, List<Matrix> readers) {
    double[] logs = new double[gamma.length];
    double mean = 0;
    for (int c = 0; c < gamma.length; c++) {
      float range = Math.max(Math.abs(gamma[c]) * 4 + Math.abs(beta[c]), RANGE_MIN);
      float peak = RANGE_MIN;
      for (Matrix reader : readers) {
        for (int o = 0; o < reader.columns(); o++) {
          peak = Math.max(peak, Math.abs(reader.at(c, o)));
        }
      }
      logs[c] = SMOOTHING * StrictMath.log(range) - (1 - SMOOTHING) * StrictMath.log(peak);
      mean += logs[c] / gamma.length;
    }
    float[] divisors = new float[gamma.length];
    for (int c = 0; c < divisors.length; c++) {
      divisors[c] = (float) StrictMath.exp(logs[c] - mean);
    }
    return divisors;
  }
}
