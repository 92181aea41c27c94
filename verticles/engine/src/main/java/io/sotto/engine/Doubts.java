package io.sotto.engine;

import io.sotto.engine.DecodedSegment.Doubt;
import io.sotto.engine.DecodingOptions.Hallucinations;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a text is believed: what is tried again at a higher temperature (openai/whisper {@code
 * transcribe.py}, {@code decode_with_fallback}), and what is marked or dropped at last. Pure.
 */
final class Doubts {
  /** The same segment this many times in a row is a loop. */
  private static final int REPEATS_MAX = 3;

  /** 60 dB below full scale: no microphone in a room is as quiet. */
  private static final float SILENCE = 0.001f;

  private Doubts() {}

  static boolean tryAgain(Segmenter.Decoded text, DecodingOptions options) {
    return !silent(text, options) && (loops(text, options) || unlikely(text, options));
  }

  static boolean loops(Segmenter.Decoded text, DecodingOptions options) {
    Double most = options.compressionRatioThreshold();
    return most != null && text.compressionRatio() > most && !text.refrain();
  }

  private static boolean unlikely(Segmenter.Decoded text, DecodingOptions options) {
    Double least = options.logprobThreshold();
    return least != null && text.avgLogprob() < least;
  }

  /** The model heard no speech and is not sure of the words. */
  static boolean silent(Segmenter.Decoded text, DecodingOptions options) {
    Double most = options.noSpeechThreshold();
    boolean likely = options.logprobThreshold() != null && !unlikely(text, options);
    return most != null && text.noSpeechProb() > most && !likely;
  }

  /**
   * Where every temperature failed, the likeliest of those that do not loop, or of all
   * (faster-whisper {@code generate_with_fallback}).
   */
  static Segmenter.Decoded best(List<Segmenter.Decoded> tried, DecodingOptions options) {
    Segmenter.Decoded last = tried.getLast();
    if (!tryAgain(last, options)) {
      return last;
    }
    List<Segmenter.Decoded> straight =
        tried.stream().filter(text -> !loops(text, options)).toList();
    Segmenter.Decoded best = null;
    for (Segmenter.Decoded one : straight.isEmpty() ? tried : straight) {
      best = best == null || one.avgLogprob() > best.avgLogprob() ? one : best;
    }
    return java.util.Objects.requireNonNull(best);
  }

  record Sorted(List<DecodedSegment> kept, List<DecodedSegment> dropped) {}

  /**
   * Sorts the {@code segments} of {@code text}; {@code before} are those that the window has
   * already.
   */
  static Sorted sort(
      List<DecodedSegment> segments,
      List<DecodedSegment> before,
      float[] samples,
      Segmenter.Decoded text,
      DecodingOptions options) {
    if (options.hallucinations() == Hallucinations.KEEP) {
      return new Sorted(segments, List.of());
    }
    boolean silent = silent(text, options);
    boolean loops = loops(text, options);
    List<DecodedSegment> kept = new ArrayList<>();
    List<DecodedSegment> dropped = new ArrayList<>();
    List<DecodedSegment> said = new ArrayList<>(before);
    for (DecodedSegment segment : segments) {
      Doubt doubt = silent ? Doubt.NO_SPEECH : doubt(segment, said, samples, loops);
      said.add(segment);
      boolean goes =
          doubt == Doubt.NO_SPEECH
              || doubt != null && options.hallucinations() == Hallucinations.DROP;
      (goes ? dropped : kept).add(segment.doubted(doubt));
    }
    return new Sorted(kept, dropped);
  }

  private static @Nullable Doubt doubt(
      DecodedSegment segment, List<DecodedSegment> said, float[] samples, boolean loops) {
    if (quiet(segment, samples)) {
      return Doubt.SILENCE;
    }
    if (repeats(segment, said)) {
      return Doubt.REPETITION;
    }
    return loops ? Doubt.COMPRESSION : null;
  }

  private static boolean quiet(DecodedSegment segment, float[] samples) {
    return quiet(
        samples,
        (int) (segment.start() * Transcriber.SAMPLE_RATE),
        Math.min(samples.length, (int) (segment.end() * Transcriber.SAMPLE_RATE)));
  }

  /** No sample of those reaches what a microphone in a room hears. */
  static boolean quiet(float[] samples, int from, int to) {
    for (int i = Math.max(0, from); i < to; i++) {
      if (Math.abs(samples[i]) > SILENCE) {
        return false;
      }
    }
    return true;
  }

  private static boolean repeats(DecodedSegment segment, List<DecodedSegment> said) {
    int same = 1;
    for (int i = said.size() - 1; i >= 0 && words(said.get(i)).equals(words(segment)); i--) {
      same++;
    }
    return same >= REPEATS_MAX;
  }

  private static String words(DecodedSegment segment) {
    return segment.text().strip().toLowerCase(Locale.ROOT);
  }
}
