package io.sotto.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One window on its way: waiting, then in a row of the lane. A window whose text ends before its
 * sound does is listened to again from there, as often as that moves on.
 */
final class Row {
  final Window window;
  final CompletableFuture<WindowTranscript> result = new CompletableFuture<>();
  private final long queuedNanos = System.nanoTime();
  private long startedNanos;
  private long decodingNanos;
  double melMs;
  double encodeMs;
  private double queueMs;
  private double decodeMs;

  private final List<DecodedSegment> segments = new ArrayList<>();
  @Nullable String language;
  double languageProbability = 1;

  /** Where the stretch being decoded begins, in samples of the window. */
  int fromSample;

  /** Prompt and what was said of this stretch. */
  IntList tokens = new IntList();

  int promptLength;
  int startOfTranscript;
  int fed;
  double sumLogprob;
  double noSpeechProb;

  Row(Window window) {
    this.window = window;
    this.language = window.language();
  }

  /** Leaves the queue. */
  void start() {
    startedNanos = System.nanoTime();
    queueMs = (startedNanos - queuedNanos) / 1e6;
  }

  /** Begins a stretch at {@code sample} with these tokens before it. */
  void begin(int sample, List<Integer> previous, List<Integer> start) {
    fromSample = sample;
    tokens = new IntList();
    previous.forEach(tokens::append);
    startOfTranscript = tokens.size();
    start.forEach(tokens::append);
    promptLength = tokens.size();
    fed = 0;
    sumLogprob = 0;
    decodingNanos = System.nanoTime();
  }

  /** The language was read off: what follows it belongs to the prompt too. */
  void extendPrompt(List<Integer> more) {
    more.forEach(tokens::append);
    promptLength = tokens.size();
  }

  int said() {
    return tokens.size() - promptLength;
  }

  Segmenter.Decoded decoded() {
    decodeMs += (System.nanoTime() - decodingNanos) / 1e6;
    return new Segmenter.Decoded(
        List.copyOf(tokens.subList(promptLength, tokens.size())),
        sumLogprob / (said() + 1),
        noSpeechProb);
  }

  void add(List<DecodedSegment> more) {
    segments.addAll(more);
  }

  WindowTranscript transcript() {
    return new WindowTranscript(
        language == null ? "en" : language,
        languageProbability,
        segments,
        new WindowTranscript.Times(queueMs, melMs, encodeMs, decodeMs));
  }
}
