package io.sotto.engine.bundle;

import java.util.List;

/**
 * How weights become eight bits, measured in docs/adr/0007: symmetric, the nearest even at a tie,
 * the same bytes on every machine.
 */
final class Quantizer {
  private static final int MOST = 127;

  /**
   * Of signed bytes that meet all of an unsigned one. Processors without VNNI add two such products
   * in 16 bits: with 127 they overflow, and what is heard errs half as much again (ADR 7).
   */
  private static final int MOST_BESIDE_BYTES = 100;

  private static final float RANGE_MIN = 1e-5f;

  /** How far outliers move from the activations into the weights: all the way at 1. */
  enum Smoothing {
    /** Where activations are rounded to eight bits. */
    STRONG(0.7),
    /** Where they are finer than the weights: those are made even instead. */
    SLIGHT(0.2);

    private final double exponent;

    Smoothing(double exponent) {
      this.exponent = exponent;
    }
  }

  private Quantizer() {}

  /** {@code data[i]} times its scale is the weight; where the scales lie is said by who made it. */
  record Eight(byte[] data, float[] scales) {}

  /** One scale a column of {@code w} [in, out]: signed bytes, [in, out]. */
  static Eight columns(Matrix w) {
    return columns(w, MOST);
  }

  /** The same, for products with activations that take all of a byte. */
  static Eight columnsBesideBytes(Matrix w) {
    return columns(w, MOST_BESIDE_BYTES);
  }

  private static Eight columns(Matrix w, int most) {
    float[] scales = new float[w.columns()];
    for (int i = 0; i < w.data().length; i++) {
      int column = i % w.columns();
      scales[column] = Math.max(scales[column], Math.abs(w.data()[i]));
    }
    for (int c = 0; c < scales.length; c++) {
      scales[c] = scales[c] == 0 ? 1 : scales[c] / most;
    }
    byte[] data = new byte[w.data().length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) Math.clamp(Math.rint(w.data()[i] / scales[i % w.columns()]), -most, most);
    }
    return new Eight(data, scales);
  }

  /**
   * Divisors for the channels after a LayerNorm, by which outliers move from the activations into
   * the weights (Xiao et al. 2022, SmoothQuant) without any recorded audio: the range of a channel
   * is taken as {@code 4 |gamma| + |beta|}. Their geometric mean is 1.
   *
   * @param readers the weights [in, out] that read the normed channels
   */
  static float[] smoothing(float[] gamma, float[] beta, List<Matrix> readers, Smoothing strength) {
    double exponent = strength.exponent;
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
      logs[c] = exponent * StrictMath.log(range) - (1 - exponent) * StrictMath.log(peak);
      mean += logs[c] / gamma.length;
    }
    float[] divisors = new float[gamma.length];
    for (int c = 0; c < divisors.length; c++) {
      divisors[c] = (float) StrictMath.exp(logs[c] - mean);
    }
    return divisors;
  }
}
