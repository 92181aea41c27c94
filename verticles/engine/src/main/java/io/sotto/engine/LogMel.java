package io.sotto.engine;

import java.nio.FloatBuffer;

/**
 * Whisper's input: log10 power of {@code bins} mel bands, 3,000 frames of 10 ms for 30 s. Hann
 * window of 400 samples, hop 160, reflected edges, Slaney mel scale and norm, the window's maximum
 * less 8 as floor, then (x + 4) / 4: as openai/whisper's {@code audio.py} and Hugging Face's {@code
 * WhisperFeatureExtractor} compute it. Not safe for two threads.
 */
final class LogMel {
  static final int FRAMES = 3_000;
  private static final int FFT = 400;
  private static final int HOP = 160;
  private static final int EDGE = FFT / 2;
  private static final int SPECTRUM = FFT / 2 + 1;
  private static final float FLOOR = 1e-10f;

  private final MelBand[] bands;
  private final float[] hann = hann();
  private final RealFft fft = new RealFft(FFT);
  private final float[] padded = new float[Transcriber.WINDOW_SAMPLES_MAX + FFT];
  private final float[] frame = new float[FFT];
  private final float[] power = new float[SPECTRUM];
  private final float[] mel;

  /** A triangle over the spectrum: {@code weights[i]} belongs to bin {@code first + i}. */
  record MelBand(int first, float[] weights) {}

  LogMel(int bins) {
    bands = bands(bins);
    mel = new float[bins * FRAMES];
  }

  /**
   * Writes the first {@code frames} features of {@code samples[from..to)}, silence after them, into
   * {@code out} as [bins, frames] from its position.
   */
  void compute(float[] samples, int from, int to, int frames, FloatBuffer out) {
    int count = Math.min(to - from, Transcriber.WINDOW_SAMPLES_MAX);
    pad(samples, from, count);
    float silence = (float) Math.log10(FLOOR);
    float max = silence;
    // frames past the last sample hear nothing but zeros
    int sounding = Math.min(FRAMES, (count + EDGE) / HOP + 1);
    for (int t = 0; t < frames; t++) {
      if (t >= sounding && t < FRAMES - 2) {
        fill(t, silence);
      } else {
        max = Math.max(max, column(t));
      }
    }
    float floor = max - 8;
    for (int b = 0; b < bands.length; b++) {
      int band = b * FRAMES;
      for (int i = band; i < band + frames; i++) {
        mel[i] = (Math.max(mel[i], floor) + 4) / 4;
      }
      out.put(mel, band, frames);
    }
  }

  private void pad(float[] samples, int from, int count) {
    java.util.Arrays.fill(padded, 0);
    System.arraycopy(samples, from, padded, EDGE, count);
    int end = EDGE + Transcriber.WINDOW_SAMPLES_MAX;
    for (int i = 1; i <= EDGE; i++) {
      padded[EDGE - i] = padded[EDGE + i];
      padded[end - 1 + i] = padded[end - 1 - i];
    }
  }

  private void fill(int t, float value) {
    for (int b = 0; b < bands.length; b++) {
      mel[b * FRAMES + t] = value;
    }
  }

  /** One frame of all bands; gives its largest value. */
  private float column(int t) {
    for (int i = 0; i < FFT; i++) {
      frame[i] = padded[t * HOP + i] * hann[i];
    }
    fft.power(frame, power);
    float max = Float.NEGATIVE_INFINITY;
    for (int b = 0; b < bands.length; b++) {
      MelBand band = bands[b];
      float sum = 0;
      for (int i = 0; i < band.weights.length; i++) {
        sum += power[band.first + i] * band.weights[i];
      }
      float log = (float) Math.log10(Math.max(sum, FLOOR));
      mel[b * FRAMES + t] = log;
      max = Math.max(max, log);
    }
    return max;
  }

  private static float[] hann() {
    float[] window = new float[FFT];
    for (int i = 0; i < FFT; i++) {
      window[i] = (float) (0.5 - 0.5 * Math.cos(2 * Math.PI * i / FFT));
    }
    return window;
  }

  /** Slaney's triangles between 0 and 8 kHz, each of area one (librosa's {@code norm="slaney"}). */
  private static MelBand[] bands(int count) {
    double top = melOf(8_000);
    double[] edge = new double[count + 2];
    for (int i = 0; i < edge.length; i++) {
      edge[i] = hertzOf(top * i / (count + 1));
    }
    MelBand[] bands = new MelBand[count];
    for (int b = 0; b < count; b++) {
      bands[b] = band(edge[b], edge[b + 1], edge[b + 2]);
    }
    return bands;
  }

  private static MelBand band(double low, double centre, double high) {
    double perBin = (double) Transcriber.SAMPLE_RATE / FFT;
    int first = (int) Math.floor(low / perBin) + 1;
    int last = Math.min(SPECTRUM - 1, (int) Math.ceil(high / perBin) - 1);
    float[] weights = new float[Math.max(0, last - first + 1)];
    for (int i = 0; i < weights.length; i++) {
      double hertz = (first + i) * perBin;
      double height = Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre));
      weights[i] = (float) (Math.max(0, height) * 2 / (high - low));
    }
    return new MelBand(first, weights);
  }

  private static double melOf(double hertz) {
    return hertz < 1_000 ? hertz * 3 / 200 : 15 + 27 * Math.log(hertz / 1_000) / Math.log(6.4);
  }

  private static double hertzOf(double mel) {
    return mel < 15 ? mel * 200 / 3 : 1_000 * Math.exp((mel - 15) * Math.log(6.4) / 27);
  }
}
