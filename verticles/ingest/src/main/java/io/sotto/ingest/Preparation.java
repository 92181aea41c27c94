package io.sotto.ingest;

import io.sotto.engine.SpeechDetector;
import io.sotto.engine.Transcriber;
import io.sotto.engine.Wav;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Span;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The straight work on one downloaded recording: decode, hear speech, cut, hand each chunk on. Runs
 * on a thread of its own pool and holds at most a chunk and a pause of samples, however long the
 * recording is.
 */
final class Preparation implements Callable<Preparation.Done> {
  private static final int FRAME = SpeechDetector.FRAME_SAMPLES;
  private static final int KEEP_SAMPLES = 4 * Transcriber.WINDOW_SAMPLES_MAX / 3;

  private final Decoder decoder;
  private final SpeechDetector detector;
  private final Chunks chunks;
  private final ChunkPlanner planner = new ChunkPlanner(this::cut);
  private final float[] frames = new float[FRAME * SpeechDetector.FRAMES_MOST];
  private final float[] probabilities = new float[SpeechDetector.FRAMES_MOST];
  private short[] kept = new short[KEEP_SAMPLES];
  private long keptFrom;
  private int keptCount;
  private int framed;
  private long total;
  private int seq;
  private long vadNanos;
  private @Nullable InterruptedException interrupted;

  /** Takes a chunk, as WAV; may block until the store has room. */
  interface Chunks {
    void accept(int seq, Span span, byte[] wav, long preparedMs) throws InterruptedException;
  }

  /** Totals: chunks, length in ms, and how long detecting speech took. */
  record Done(int chunks, long audioMs, long vadMs) {}

  Preparation(Decoder decoder, SpeechDetector detector, Chunks chunks) {
    this.decoder = decoder;
    this.detector = detector;
    this.chunks = chunks;
  }

  @Override
  public Done call() throws IOException, InterruptedException {
    detector.reset();
    total = decoder.decode(this::take);
    int tail = (int) (keptFrom + keptCount - (long) framed * FRAME);
    if (tail % FRAME > 0) {
      append(new short[FRAME - tail % FRAME], FRAME - tail % FRAME);
    }
    hear(1);
    planner.finish();
    rethrow();
    return new Done(seq, ms(total), vadNanos / 1_000_000);
  }

  private void take(short[] samples, int count) throws InterruptedException {
    append(samples, count);
    hear(SpeechDetector.FRAMES_MOST);
    forget();
    rethrow();
  }

  private void rethrow() throws InterruptedException {
    if (interrupted != null) {
      throw interrupted;
    }
  }

  private void append(short[] samples, int count) {
    if (keptCount + count > kept.length) {
      kept = Arrays.copyOf(kept, keptCount + count);
    }
    System.arraycopy(samples, 0, kept, keptCount, count);
    keptCount += count;
  }

  private void hear(int fewest) {
    for (int ready = ready(); ready >= fewest; ready = ready()) {
      int at = (int) ((long) framed * FRAME - keptFrom);
      for (int i = 0; i < ready * FRAME; i++) {
        frames[i] = kept[at + i] / 32768f;
      }
      long begin = System.nanoTime();
      detector.probabilities(frames, ready, probabilities);
      vadNanos += System.nanoTime() - begin;
      for (int i = 0; i < ready; i++) {
        framed++;
        planner.accept(probabilities[i]);
      }
    }
  }

  /** Frames that are whole and were not heard yet, as many as the detector takes at once. */
  private int ready() {
    long whole = (keptFrom + keptCount) / FRAME - framed;
    return (int) Math.min(whole, SpeechDetector.FRAMES_MOST);
  }

  private void forget() {
    long from = (long) planner.keepFrom() * FRAME;
    int gone = (int) (from - keptFrom);
    if (gone > kept.length / 2) {
      System.arraycopy(kept, gone, kept, 0, keptCount - gone);
      keptCount -= gone;
      keptFrom = from;
    }
  }

  private void cut(ChunkPlanner.Stretch stretch) {
    long start = (long) stretch.start() * FRAME;
    long end = (long) stretch.end() * FRAME;
    if (total > 0) {
      end = Math.min(end, total); // the last frame was filled up with silence
    }
    int count = (int) (end - start);
    if (count <= 0) {
      return;
    }
    if (count > Transcriber.WINDOW_SAMPLES_MAX) {
      throw new SottoException(FailureCode.INTERNAL, "a chunk of " + count + " samples");
    }
    byte[] wav = Wav.write(kept, (int) (start - keptFrom), count);
    try {
      chunks.accept(seq, new Span(ms(start), ms(end)), wav, ms((long) framed * FRAME));
      seq++;
    } catch (InterruptedException e) {
      interrupted = e;
    }
  }

  private static long ms(long samples) {
    return samples * 1000 / Transcriber.SAMPLE_RATE;
  }
}
