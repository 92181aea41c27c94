package io.sotto.engine;

/**
 * Power spectrum of a real signal whose length is even and whose half has only the factors 2, 3 and
 * 5: one complex FFT of half the length (Stockham's self-sorting form, so no bit reversal), then
 * the two interleaved halves are parted. Not safe for two threads.
 */
final class RealFft {
  private final int half;
  private final int[] factors;
  private final float[][] cosines;
  private final float[][] sines;
  private final float[] partCos;
  private final float[] partSin;
  private float[] re;
  private float[] im;
  private float[] re2;
  private float[] im2;

  RealFft(int length) {
    half = length / 2;
    factors = factor(half);
    cosines = new float[factors.length][];
    sines = new float[factors.length][];
    twiddles();
    partCos = new float[half];
    partSin = new float[half];
    for (int k = 0; k < half; k++) {
      partCos[k] = (float) Math.cos(2 * Math.PI * k / length);
      partSin[k] = (float) -Math.sin(2 * Math.PI * k / length);
    }
    re = new float[half];
    im = new float[half];
    re2 = new float[half];
    im2 = new float[half];
  }

  private static int[] factor(int n) {
    int[] found = new int[32];
    int count = 0;
    for (int p : new int[] {5, 3, 2}) {
      while (n % p == 0) {
        found[count++] = p;
        n /= p;
      }
    }
    if (n != 1) {
      throw new IllegalArgumentException("length has a factor other than 2, 3, 5");
    }
    return java.util.Arrays.copyOf(found, count);
  }

  /** Stage s with radix p over n points left: w(j, r) = exp(-2 pi i j r / n), j < n / p, r < p. */
  private void twiddles() {
    int n = half;
    for (int s = 0; s < factors.length; s++) {
      int p = factors[s];
      int m = n / p;
      cosines[s] = new float[m * p];
      sines[s] = new float[m * p];
      for (int j = 0; j < m; j++) {
        for (int r = 0; r < p; r++) {
          cosines[s][j * p + r] = (float) Math.cos(2 * Math.PI * j * r / n);
          sines[s][j * p + r] = (float) -Math.sin(2 * Math.PI * j * r / n);
        }
      }
      n = m;
    }
  }

  /** Writes |X[k]|^2 for k = 0 .. length/2 into {@code power}. */
  void power(float[] signal, float[] power) {
    for (int i = 0; i < half; i++) {
      re[i] = signal[2 * i];
      im[i] = signal[2 * i + 1];
    }
    transform();
    power[0] = (re[0] + im[0]) * (re[0] + im[0]);
    power[half] = (re[0] - im[0]) * (re[0] - im[0]);
    for (int k = 1; k < half; k++) {
      float evenRe = (re[k] + re[half - k]) / 2;
      float evenIm = (im[k] - im[half - k]) / 2;
      float oddRe = (im[k] + im[half - k]) / 2;
      float oddIm = (re[half - k] - re[k]) / 2;
      float x = evenRe + oddRe * partCos[k] - oddIm * partSin[k];
      float y = evenIm + oddRe * partSin[k] + oddIm * partCos[k];
      power[k] = x * x + y * y;
    }
  }

  private void transform() {
    int n = half;
    int stride = 1;
    for (int s = 0; s < factors.length; s++) {
      stage(s, n / factors[s], stride);
      swap();
      n /= factors[s];
      stride *= factors[s];
    }
  }

  private void stage(int s, int m, int stride) {
    for (int j = 0; j < m; j++) {
      for (int q = 0; q < stride; q++) {
        switch (factors[s]) {
          case 2 -> two(s, j, q, m, stride);
          case 3 -> general(s, j, q, m, stride, 3);
          default -> general(s, j, q, m, stride, 5);
        }
      }
    }
  }

  private void two(int s, int j, int q, int m, int stride) {
    int a = q + stride * j;
    int b = a + stride * m;
    int out = q + stride * 2 * j;
    float dr = re[a] - re[b];
    float di = im[a] - im[b];
    float c = cosines[s][2 * j + 1];
    float w = sines[s][2 * j + 1];
    re2[out] = re[a] + re[b];
    im2[out] = im[a] + im[b];
    re2[out + stride] = dr * c - di * w;
    im2[out + stride] = dr * w + di * c;
  }

  private static final float[][] COS = {roots(3, true), roots(5, true)};
  private static final float[][] SIN = {roots(3, false), roots(5, false)};

  private static float[] roots(int p, boolean cosine) {
    float[] table = new float[p];
    for (int i = 0; i < p; i++) {
      double angle = -2 * Math.PI * i / p;
      table[i] = (float) (cosine ? Math.cos(angle) : Math.sin(angle));
    }
    return table;
  }

  private void general(int s, int j, int q, int m, int stride, int p) {
    float[] cos = COS[p / 2 - 1];
    float[] sin = SIN[p / 2 - 1];
    int in = q + stride * j;
    int out = q + stride * p * j;
    for (int r = 0; r < p; r++) {
      float x = 0;
      float y = 0;
      int root = 0;
      for (int k = 0; k < p; k++) {
        float a = re[in + stride * m * k];
        float b = im[in + stride * m * k];
        x += a * cos[root] - b * sin[root];
        y += a * sin[root] + b * cos[root];
        root += r;
        root = root >= p ? root - p : root;
      }
      float c = cosines[s][j * p + r];
      float w = sines[s][j * p + r];
      re2[out + stride * r] = x * c - y * w;
      im2[out + stride * r] = x * w + y * c;
    }
  }

  private void swap() {
    float[] r = re;
    float[] i = im;
    re = re2;
    im = im2;
    re2 = r;
    im2 = i;
  }
}
