package io.sotto.engine;

import io.sotto.engine.DecodingOptions.Timestamps;
import io.sotto.engine.Gaps.Stretch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One window on its way: waiting, then in rows of a lane. A stretch of it is encoded and decoded at
 * one temperature after the other until the text is believable; a window whose text ends before its
 * sound does is listened to again from there, as often as that moves on.
 */
final class Task {
  /** Less sound than this after the last segment is not listened to again. */
  private static final double REST_SECONDS_MIN = 0.5;

  /** A full text that gets no further than this is not gone on with. */
  private static final double PROGRESS_SECONDS_MIN = 1;

  /** Texts decoded without timestamps are likelier than this, mean of their tokens (ADR 8). */
  private static final double SURE_LOGPROB_MIN = -0.3;

  /** What was said at a higher temperature is no prompt for what follows. */
  private static final double PROMPT_TEMPERATURE_MAX = 0.5;

  private static final int SAMPLES_PER_FRAME = 320;

  final Window window;
  final CompletableFuture<WindowTranscript> result = new CompletableFuture<>();
  private DecodingOptions options;
  private final Clock clock = new Clock();
  private final List<DecodedSegment> segments = new ArrayList<>();
  private final List<DecodedSegment> dropped = new ArrayList<>();
  private final List<Integer> said = new ArrayList<>();
  private final List<Segmenter.Decoded> tried = new ArrayList<>();
  private final List<Hypothesis> hypotheses = new ArrayList<>();
  private List<Strand> rows = List.of();
  private Ear.@Nullable Heard heard;
  private @Nullable Prelude prelude;
  private @Nullable Pass pass;
  private @Nullable Alignment alignment;
  private final Deque<Stretch> toHear = new ArrayDeque<>();
  private Stretch stretch;
  private int frames;

  /** A text whose words are being timed. */
  private record Alignment(
      AlignPass pass, List<DecodedSegment> segments, List<List<Integer>> tokens, double heardTo) {}

  Task(Window window) {
    this.window = window;
    this.options = timed(window.options());
    this.stretch = new Stretch(0, window.samples().length);
  }

  /** A translation follows the sound too loosely to be timed by where the model listened. */
  private static DecodingOptions timed(DecodingOptions wanted) {
    return wanted.translate() && wanted.timestamps() == Timestamps.ALIGNED
        ? wanted.toBuilder().timestamps(Timestamps.TOKENS).build()
        : wanted;
  }

  /** Rows it needs to begin. */
  int width() {
    return options.temperatures().contains(0.0) ? options.beamSize() : 1;
  }

  /** Leaves the queue for these rows. */
  void start(Ear ear, List<Strand> own) {
    clock.started();
    rows = own;
    String language = options.language();
    if (ear.ids.multilingual() && language != null) {
      heard = new Ear.Heard(language, 1, Map.of());
    }
    listen(ear, stretch);
  }

  List<Strand> rows() {
    return rows;
  }

  Pass pass() {
    return java.util.Objects.requireNonNull(pass);
  }

  private void listen(Ear ear, Stretch next) {
    stretch = next;
    long begin = System.nanoTime();
    frames = Frames.of(next.samples(), options.audioCtx());
    ear.mel.compute(window.samples(), next.from(), next.to(), 2 * frames, ear.graphs.mel());
    long melDone = System.nanoTime();
    int row = rows.getFirst().row;
    ear.graphs.encode(row, frames);
    for (Strand other : rows.subList(1, rows.size())) {
      ear.graphs.copyWindow(row, other.row);
    }
    clock.encoded(begin, melDone);
    ear.effort.encoded(melDone - begin, System.nanoTime() - melDone, frames);
    prelude = new Prelude(ear, options, previous(ear), heard);
    tried.clear();
    hypotheses.clear();
    attempt(ear, 0);
  }

  /** Hotwords, the prompt, and what the window said before, the latest where it is too much. */
  private List<Integer> previous(Ear ear) {
    List<Integer> text = new ArrayList<>();
    if (options.prompt() != null && !options.prompt().isBlank()) {
      text.addAll(ear.tokenizer.encode(" " + options.prompt().strip()));
    }
    text.addAll(said);
    List<Integer> words = new ArrayList<>();
    if (options.hotwords() != null && !options.hotwords().isBlank()) {
      words.addAll(ear.tokenizer.encode(" " + options.hotwords().strip()));
    }
    if (text.isEmpty() && words.isEmpty()) {
      return List.of();
    }
    int most = Limits.TOKENS_MAX - 1;
    List<Integer> tokens = new ArrayList<>(List.of(ear.ids.startOfPrevious()));
    tokens.addAll(words.subList(0, Math.min(words.size(), most / 2)));
    int room = most - (tokens.size() - 1);
    tokens.addAll(text.subList(Math.max(0, text.size() - room), text.size()));
    return tokens;
  }

  private void attempt(Ear ear, int index) {
    double temperature = options.temperatures().get(index);
    Prelude begin = java.util.Objects.requireNonNull(prelude);
    clock.decoding();
    pass =
        temperature == 0 && options.beamSize() > 1
            ? new BeamPass(ear, options, begin, rows, frames)
            : new SamplePass(
                ear, options, begin, rows, frames, temperature, stretch.from() * 31L + index);
  }

  /** Goes on after a pass ended. True when the window is done. */
  boolean goOn(Ear ear) {
    clock.decoded();
    Alignment timed = alignment;
    if (timed != null) {
      alignment = null;
      place(ear, timed);
      return rest(ear, timed.heardTo);
    }
    Segmenter.Decoded decoded = judged(ear);
    heard = java.util.Objects.requireNonNull(prelude).heard();
    if (options.timestamps() == Timestamps.ALIGNED && decoded.avgLogprob() < SURE_LOGPROB_MIN) {
      beginAsTheReference(ear);
      return false;
    }
    tried.add(decoded);
    if (Doubts.tryAgain(decoded, options) && tried.size() < options.temperatures().size()) {
      attempt(ear, tried.size());
      return false;
    }
    return accept(ear, Doubts.best(tried, options));
  }

  /**
   * An unsure text is decoded once more with timestamp tokens, from the same frames: they make the
   * model begin anew at every sentence, which is what mixed languages and very short clips need.
   */
  private void beginAsTheReference(Ear ear) {
    options = options.toBuilder().timestamps(Timestamps.TOKENS).build();
    prelude = new Prelude(ear, options, previous(ear), heard);
    tried.clear();
    hypotheses.clear();
    attempt(ear, 0);
  }

  private Segmenter.Decoded judged(Ear ear) {
    Hypothesis best = ((SearchPass) pass()).best();
    hypotheses.add(best);
    String text = ear.tokenizer.decode(best.tokens());
    return new Segmenter.Decoded(
        best.tokens(),
        options.temperatures().get(tried.size()),
        best.avgLogprob(),
        Segmenter.compressionRatio(text),
        Refrain.is(text),
        java.util.Objects.requireNonNull(prelude).noSpeechProb());
  }

  private boolean accept(Ear ear, Segmenter.Decoded decoded) {
    boolean aligned = options.timestamps() == Timestamps.ALIGNED;
    Segmenter.Cut cut =
        aligned
            ? sentences(ear, decoded)
            : ear.segmenter.cut(decoded, stretch.begin(), stretch.end());
    Doubts.Sorted sorted =
        Doubts.sort(told(ear, cut, decoded), segments, window.samples(), decoded, options);
    dropped.addAll(sorted.dropped());
    double heardTo = Doubts.silent(decoded, options) ? stretch.end() : cut.heardTo();
    remember(decoded);
    if (!aligned && options.wordTimestamps() && !sorted.kept().isEmpty()) {
      time(ear, sorted.kept(), heardTo);
      return false;
    }
    segments.addAll(sorted.kept());
    return rest(ear, heardTo);
  }

  private List<DecodedSegment> told(Ear ear, Segmenter.Cut cut, Segmenter.Decoded decoded) {
    return options.logprobs()
        ? said(decoded).withLogprobs(cut.segments(), ear.tokenizer, ear.ids.endOfText())
        : cut.segments();
  }

  private Hypothesis said(Segmenter.Decoded decoded) {
    return hypotheses.get(tried.indexOf(decoded));
  }

  /** Segments by where the model listened as it wrote each token of {@code decoded}. */
  private Segmenter.Cut sentences(Ear ear, Segmenter.Decoded decoded) {
    Hypothesis said = said(decoded);
    if (said.tokens().isEmpty()) {
      return new Segmenter.Cut(List.of(), stretch.end());
    }
    long begin = System.nanoTime();
    List<WordAligner.TokenTime> times =
        WordAligner.align(
            said.trace().heard(),
            ear.bundle.dimensions().alignmentHeads(),
            java.util.Objects.requireNonNull(prelude).untilText(),
            soundingFrames(),
            said.trace().probabilities());
    List<DecodedSegment> cut =
        new Words(ear.tokenizer, options)
            .sentences(decoded, window.samples(), times, language(), stretch.begin(), before());
    clock.timed(begin);
    boolean unfinished = said.full() && !Doubts.loops(decoded, options) && !cut.isEmpty();
    if (unfinished && cut.size() > 1) {
      cut = cut.subList(0, cut.size() - 1); // its end was not said: it is listened to again
    }
    double last = unfinished ? cut.getLast().end() : stretch.end();
    double heardTo = last - stretch.begin() < PROGRESS_SECONDS_MIN ? stretch.end() : last;
    boolean first = stretch.samples() == window.samples().length; // what is in a gap has none
    if (first && !Doubts.silent(decoded, options)) {
      Stretch heard = new Stretch(0, (int) Math.round(heardTo * Transcriber.SAMPLE_RATE));
      toHear.addAll(Gaps.in(heard, cut, window.samples()));
    }
    return new Segmenter.Cut(
        options.wordTimestamps() ? cut : cut.stream().map(DecodedSegment::withoutWords).toList(),
        heardTo);
  }

  /** Where what was heard before this stretch ended. */
  private double before() {
    return segments.stream()
        .mapToDouble(DecodedSegment::end)
        .filter(end -> end <= stretch.begin() + 1e-3)
        .max()
        .orElse(0);
  }

  private int soundingFrames() {
    return (stretch.samples() + SAMPLES_PER_FRAME - 1) / SAMPLES_PER_FRAME;
  }

  private void remember(Segmenter.Decoded decoded) {
    if (decoded.temperature() > PROMPT_TEMPERATURE_MAX) {
      said.clear();
    } else if (options.conditionOnPreviousText()) {
      said.addAll(decoded.tokens());
    }
  }

  private void time(Ear ear, List<DecodedSegment> kept, double heardTo) {
    List<List<Integer>> tokens =
        kept.stream()
            .map(s -> s.tokens().stream().filter(t -> t < ear.ids.endOfText()).toList())
            .toList();
    List<Integer> all = tokens.stream().flatMap(List::stream).toList();
    String language = heard == null ? null : heard.language();
    AlignPass aligning =
        new AlignPass(
            ear,
            ear.rules(options),
            rows.getFirst(),
            frames,
            ear.ids.start(language, options.translate()),
            all);
    alignment = new Alignment(aligning, kept, tokens, heardTo);
    pass = aligning;
    clock.decoding();
  }

  private void place(Ear ear, Alignment timed) {
    List<WordAligner.TokenTime> times = timed.pass.times(soundingFrames());
    segments.addAll(
        new Words(ear.tokenizer, options)
            .into(timed.segments, timed.tokens, times, language(), stretch.begin(), before()));
  }

  /** Goes on with what was not heard yet. True when there is nothing. */
  private boolean rest(Ear ear, double heardTo) {
    int next = (int) Math.round(heardTo * Transcriber.SAMPLE_RATE);
    boolean more = next > stretch.from() && stretch.end() - heardTo >= REST_SECONDS_MIN;
    if (more && !Doubts.quiet(window.samples(), next, stretch.to())) {
      toHear.addFirst(new Stretch(next, stretch.to()));
    }
    Stretch waiting = toHear.poll();
    if (waiting != null) {
      listen(ear, waiting);
    }
    return waiting == null;
  }

  private String language() {
    return heard == null ? "en" : heard.language();
  }

  WindowTranscript transcript() {
    segments.sort(Comparator.comparingDouble(DecodedSegment::start));
    return new WindowTranscript(
        language(),
        heard == null ? 1 : heard.probability(),
        heard == null ? Map.of() : heard.all(),
        segments,
        dropped,
        clock.times());
  }

  /** What the time went into. */
  private static final class Clock {
    private static final double NANOS_PER_MS = 1e6;
    private final long queued = System.nanoTime();
    private long decodingSince;
    private double queueMs;
    private double melMs;
    private double encodeMs;
    private double decodeMs;

    void started() {
      queueMs = (System.nanoTime() - queued) / NANOS_PER_MS;
    }

    void encoded(long begin, long melDone) {
      melMs += (melDone - begin) / NANOS_PER_MS;
      encodeMs += (System.nanoTime() - melDone) / NANOS_PER_MS;
    }

    void decoding() {
      decodingSince = System.nanoTime();
    }

    void decoded() {
      decodeMs += (System.nanoTime() - decodingSince) / NANOS_PER_MS;
    }

    /** Since {@code begin} it was found out when what was said. */
    void timed(long begin) {
      decodeMs += (System.nanoTime() - begin) / NANOS_PER_MS;
    }

    WindowTranscript.Times times() {
      return new WindowTranscript.Times(queueMs, melMs, encodeMs, decodeMs);
    }
  }
}
