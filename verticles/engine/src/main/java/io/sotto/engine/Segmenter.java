package io.sotto.engine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;

/**
 * Cuts the tokens of one decoded stretch into segments at pairs of timestamps, and tells how far
 * the stretch was heard, as openai/whisper's {@code transcribe.py} does. Pure.
 */
final class Segmenter {
  private static final double SECONDS_PER_TIMESTAMP = 0.02;

  private final TokenIds ids;
  private final Tokenizer tokenizer;

  Segmenter(TokenIds ids, Tokenizer tokenizer) {
    this.ids = ids;
    this.tokenizer = tokenizer;
  }

  /**
   * What decoding gave for a stretch: {@code tokens} without prompt and end; {@code refrain} when
   * it compresses well because a passage was said more than once.
   */
  record Decoded(
      List<Integer> tokens,
      double temperature,
      double avgLogprob,
      double compressionRatio,
      boolean refrain,
      double noSpeechProb) {

    /** A piece of it, as long as its words. */
    DecodedSegment segment(List<DecodedWord> words, List<Integer> piece) {
      StringBuilder text = new StringBuilder();
      words.forEach(word -> text.append(word.text()));
      return new DecodedSegment(
          words.getFirst().start(),
          words.getLast().end(),
          text.toString(),
          piece,
          temperature,
          avgLogprob,
          compressionRatio,
          noSpeechProb,
          words,
          null);
    }
  }

  /** Segments in seconds from the start of the window; {@code heardTo} is where to listen on. */
  record Cut(List<DecodedSegment> segments, double heardTo) {}

  /** {@code from} and {@code to} bound the stretch, in seconds of the window. */
  Cut cut(Decoded decoded, double from, double to) {
    List<Integer> tokens = decoded.tokens;
    List<Integer> ends = pairs(tokens);
    boolean closed = endsInOneTimestamp(tokens);
    List<DecodedSegment> segments = new ArrayList<>();
    if (ends.isEmpty()) {
      int last = lastTimestamp(tokens);
      double end = last > ids.firstTimestamp() ? from + seconds(last) : to;
      add(segments, decoded, tokens, from, Math.min(end, to));
      return new Cut(segments, heardTo(end, to));
    }
    if (closed) {
      ends.add(tokens.size());
    }
    int begin = 0;
    for (int end : ends) {
      List<Integer> piece = tokens.subList(begin, end);
      double start = from + seconds(piece.getFirst());
      add(segments, decoded, piece, start, Math.min(to, from + seconds(piece.getLast())));
      begin = end;
    }
    double last = from + seconds(tokens.get(begin - 1));
    return new Cut(segments, closed ? heardTo(last, to) : last);
  }

  /**
   * A text that ends says that nothing follows. Where much sound does, the model has stopped early,
   * and the reference loses what is said there.
   */
  private static double heardTo(double last, double to) {
    return to - last >= Gaps.SECONDS_MIN ? last : to;
  }

  /** Indices of the second timestamp of each pair. */
  private List<Integer> pairs(List<Integer> tokens) {
    List<Integer> found = new ArrayList<>();
    for (int i = 1; i < tokens.size(); i++) {
      if (timestamp(tokens.get(i)) && timestamp(tokens.get(i - 1))) {
        found.add(i);
      }
    }
    return found;
  }

  private boolean endsInOneTimestamp(List<Integer> tokens) {
    int n = tokens.size();
    return n >= 2 && timestamp(tokens.get(n - 1)) && !timestamp(tokens.get(n - 2));
  }

  private int lastTimestamp(List<Integer> tokens) {
    return tokens.reversed().stream().filter(this::timestamp).findFirst().orElse(-1);
  }

  private void add(
      List<DecodedSegment> segments,
      Decoded decoded,
      List<Integer> tokens,
      double start,
      double end) {
    String text = tokenizer.decode(tokens);
    if (text.isBlank() || end <= start) {
      return;
    }
    segments.add(
        new DecodedSegment(
            start,
            end,
            text,
            tokens,
            decoded.temperature,
            decoded.avgLogprob,
            decoded.compressionRatio,
            decoded.noSpeechProb,
            List.of(),
            null));
  }

  private boolean timestamp(int token) {
    return token >= ids.firstTimestamp();
  }

  private double seconds(int timestamp) {
    return Math.round((timestamp - ids.firstTimestamp()) * SECONDS_PER_TIMESTAMP * 100) / 100.0;
  }

  /** UTF-8 bytes over their zlib length: repetition compresses well. */
  static double compressionRatio(String text) {
    byte[] bytes = text.strip().getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0) {
      return 0;
    }
    try (Deflater zlib = new Deflater()) {
      zlib.setInput(bytes);
      zlib.finish();
      byte[] out = new byte[bytes.length + 64];
      return (double) bytes.length / zlib.deflate(out);
    }
  }
}
