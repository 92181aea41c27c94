package io.sotto.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where tokens lie in the sound, from what the alignment heads heard: softmax over the frames that
 * hold sound, standardised over the tokens, smoothed by a median of seven frames, averaged over the
 * heads, and the cheapest monotone path through it (dynamic time warping; openai/whisper {@code
 * timing.py}). Pure.
 */
final class WordAligner {
  private static final int MEDIAN = 7;
  private static final double SECONDS_PER_FRAME = 0.02;
  private static final double DEVIATION_MIN = 1e-9;

  private WordAligner() {}

  /** Seconds from the start of the stretch; {@code probability} is that of the token. */
  record TokenTime(double start, double end, double probability) {}

  /**
   * @param attention one array a fed token, [heads, frames of the window], before softmax, in half
   *     precision
   * @param start tokens before the one that says there are no timestamps
   * @param frames how many frames of 20 ms hold sound
   * @param probabilities one a token of the text
   */
  static List<TokenTime> align(
      List<short[]> attention, int heads, int start, int frames, double[] probabilities) {
    int sounding = Math.clamp(frames, 1, attention.getFirst().length / heads);
    float[][] mean = mean(attention, heads, sounding);
    // the row of a token says where the next one is; nobody listened after the last of a full text
    int rows = Math.min(probabilities.length + 1, mean.length - start);
    double[] begins = path(Arrays.copyOfRange(mean, start, start + rows), sounding);
    List<TokenTime> times = new ArrayList<>();
    for (int i = 0; i < probabilities.length; i++) {
      double end = i + 1 < rows ? begins[i + 1] : sounding * SECONDS_PER_FRAME;
      times.add(new TokenTime(begins[i], end, probabilities[i]));
    }
    return times;
  }

  private static float[][] mean(List<short[]> attention, int heads, int frames) {
    int tokens = attention.size();
    int stride = attention.getFirst().length / heads;
    float[][] mean = new float[tokens][frames];
    float[][] weights = new float[tokens][frames];
    for (int head = 0; head < heads; head++) {
      for (int t = 0; t < tokens; t++) {
        softmax(attention.get(t), head * stride, weights[t]);
      }
      standardise(weights, frames);
      for (int t = 0; t < tokens; t++) {
        addMedian(weights[t], mean[t], heads);
      }
    }
    return mean;
  }

  private static void softmax(short[] from, int offset, float[] into) {
    float max = Float.NEGATIVE_INFINITY;
    for (int f = 0; f < into.length; f++) {
      into[f] = Float.float16ToFloat(from[offset + f]);
      max = Math.max(max, into[f]);
    }
    double sum = 0;
    for (int f = 0; f < into.length; f++) {
      into[f] = (float) Math.exp(into[f] - max);
      sum += into[f];
    }
    for (int f = 0; f < into.length; f++) {
      into[f] /= (float) sum;
    }
  }

  /** Every frame to mean 0 and deviation 1 over the tokens. */
  private static void standardise(float[][] weights, int frames) {
    for (int f = 0; f < frames; f++) {
      double mean = 0;
      for (float[] token : weights) {
        mean += token[f] / weights.length;
      }
      double variance = 0;
      for (float[] token : weights) {
        variance += (token[f] - mean) * (token[f] - mean) / weights.length;
      }
      double deviation = Math.max(Math.sqrt(variance), DEVIATION_MIN);
      for (float[] token : weights) {
        token[f] = (float) ((token[f] - mean) / deviation);
      }
    }
  }

  /** Adds the running median, the ends mirrored, over {@code heads} to {@code sum}. */
  private static void addMedian(float[] values, float[] sum, int heads) {
    int side = MEDIAN / 2;
    if (values.length <= side) {
      for (int f = 0; f < values.length; f++) {
        sum[f] += values[f] / heads;
      }
      return;
    }
    float[] around = new float[MEDIAN];
    for (int f = 0; f < values.length; f++) {
      for (int k = -side; k <= side; k++) {
        int at = Math.abs(f + k);
        float value = values[at < values.length ? at : 2 * (values.length - 1) - at];
        int place = k + side;
        for (; place > 0 && around[place - 1] > value; place--) {
          around[place] = around[place - 1];
        }
        around[place] = value;
      }
      sum[f] += around[side] / heads;
    }
  }

  /** The second at which the path of least cost, being the most attention, enters each row. */
  private static double[] path(float[][] gain, int frames) {
    int rows = gain.length;
    byte[][] from = new byte[rows + 1][frames + 1];
    double[] before = new double[frames + 1];
    Arrays.fill(before, Double.POSITIVE_INFINITY);
    before[0] = 0;
    for (int i = 1; i <= rows; i++) {
      double[] cost = new double[frames + 1];
      cost[0] = Double.POSITIVE_INFINITY;
      for (int j = 1; j <= frames; j++) {
        double diagonal = before[j - 1];
        double up = before[j];
        double left = cost[j - 1];
        byte step = diagonal < up && diagonal < left ? DIAGONAL : up < left ? UP : LEFT;
        from[i][j] = step;
        double least = step == DIAGONAL ? diagonal : step == UP ? up : left;
        cost[j] = least - gain[i - 1][j - 1];
      }
      before = cost;
    }
    return entries(from, rows, frames);
  }

  private static final byte DIAGONAL = 0;
  private static final byte UP = 1;
  private static final byte LEFT = 2;

  private static double[] entries(byte[][] from, int rows, int frames) {
    double[] seconds = new double[rows];
    int i = rows;
    int j = frames;
    while (i > 0) {
      seconds[i - 1] = Math.max(0, j - 1) * SECONDS_PER_FRAME;
      byte step = j == 0 ? UP : i == 1 && j == 1 ? DIAGONAL : from[i][j];
      i -= step == LEFT ? 0 : 1;
      j -= step == UP ? 0 : 1;
    }
    return seconds;
  }
}
