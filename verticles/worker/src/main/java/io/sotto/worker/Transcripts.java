package io.sotto.worker;

import io.sotto.engine.DecodedSegment;
import io.sotto.engine.DecodedToken;
import io.sotto.engine.DecodedWord;
import io.sotto.engine.WindowTranscript;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.ChunkTranscript.StageTimes;
import io.sotto.protocol.Segment;
import io.sotto.protocol.Span;
import io.sotto.protocol.TokenLogprob;
import io.sotto.protocol.Word;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Turns what the engine says of a window into what a job stores of a chunk. */
final class Transcripts {
  private static final double MS_PER_SECOND = 1000;

  private Transcripts() {}

  /**
   * {@code window} with its times counted from the start of the recording, {@code span} being where
   * it lay. {@code waitMs} is how long the chunk waited for its model; it counts with its waiting
   * for a row.
   */
  static ChunkTranscript place(
      WindowTranscript window, Span span, String modelDigest, double fetchMs, double waitMs) {
    WindowTranscript.Times times = window.times();
    return new ChunkTranscript(
        window.language(),
        window.languageProbability(),
        place(window.segments(), span),
        place(window.dropped(), span),
        modelDigest,
        new StageTimes(
            tenths(fetchMs),
            tenths(waitMs + times.queueMs()),
            tenths(times.melMs()),
            tenths(times.encodeMs()),
            tenths(times.decodeMs())));
  }

  private static List<Segment> place(List<DecodedSegment> segments, Span span) {
    return segments.stream().map(segment -> place(segment, span)).toList();
  }

  private static Segment place(DecodedSegment segment, Span span) {
    DecodedSegment.Doubt doubt = segment.doubt();
    return new Segment(
        seconds(segment.start(), span),
        seconds(segment.end(), span),
        segment.text(),
        segment.tokens(),
        segment.temperature(),
        segment.avgLogprob(),
        segment.compressionRatio(),
        segment.noSpeechProb(),
        segment.words().stream().map(word -> place(word, span)).toList(),
        doubt == null ? null : doubt.name().toLowerCase(Locale.ROOT),
        logprobs(segment.logprobs()));
  }

  private static @Nullable List<TokenLogprob> logprobs(@Nullable List<DecodedToken> tokens) {
    return tokens == null
        ? null
        : tokens.stream()
            .map(token -> new TokenLogprob(token.text(), token.logprob(), token.bytes()))
            .toList();
  }

  private static Word place(DecodedWord word, Span span) {
    return new Word(
        word.text(),
        seconds(word.start(), span),
        seconds(word.end(), span),
        Math.round(word.probability() * 1e4) / 1e4);
  }

  /**
   * Whole milliseconds, kept within the chunk: Whisper may stamp a time in the padding after the
   * last sample, which would overlap the next chunk.
   */
  private static double seconds(double inWindow, Span span) {
    long ms = span.startMs() + Math.round(inWindow * MS_PER_SECOND);
    return Math.clamp(ms, span.startMs(), span.endMs()) / MS_PER_SECOND;
  }

  private static double tenths(double ms) {
    return Math.round(ms * 10) / 10.0;
  }
}
