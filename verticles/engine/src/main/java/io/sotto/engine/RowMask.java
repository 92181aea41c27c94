package io.sotto.engine;

import java.nio.FloatBuffer;

/**
 * What is added to the logits of one row: 0 for a token that may come, {@link Graphs#NEVER} for one
 * that may not. Remembers what it holds, because most steps change nothing of the text's part.
 */
final class RowMask {
  private final FloatBuffer mask;
  private final int firstTimestamp;
  private final int timestamps;
  private float @org.jspecify.annotations.Nullable [] text;
  private int from;
  private int to;

  RowMask(FloatBuffer mask, int firstTimestamp) {
    this.mask = mask;
    this.firstTimestamp = firstTimestamp;
    this.timestamps = mask.capacity() - firstTimestamp;
    this.to = timestamps;
  }

  /**
   * Masks the text as {@code template} ([first timestamp], not changed afterwards) says, and all
   * timestamps but those from {@code first} to {@code end}, both counted from the first.
   */
  void set(float[] template, int first, int end) {
    if (template != text) {
      mask.put(0, template);
      text = template;
    }
    int begin = Math.min(first, timestamps);
    int last = Math.clamp(end, begin, timestamps);
    if (begin != from || last != to) {
      for (int i = 0; i < timestamps; i++) {
        mask.put(firstTimestamp + i, i >= begin && i < last ? 0 : Graphs.NEVER);
      }
      from = begin;
      to = last;
    }
  }

  int timestamps() {
    return timestamps;
  }
}
