package io.sotto.it.chaos;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.sotto.engine.DecodedSegment;
import io.sotto.engine.Transcriber;
import io.sotto.engine.Window;
import io.sotto.engine.WindowTranscript;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;

/**
 * An engine that takes its time and no processor: each window waits for one of {@code rows}, holds
 * it for between half and one and a half of {@code latencyMs}, as its text has it, and says {@link
 * FakeText}. What is poisoned it does not survive, nor does its process.
 */
final class FakeTranscriber implements Transcriber {
  /** Its last words, before the number of the recording. */
  static final String POISONED = "poisoned by recording ";

  private static final float FULL_SCALE = 32768f;
  private static final double NANOS_PER_MS = 1e6;

  private final String model;
  private final int rows;
  private final long latencyMs;
  private final Semaphore free;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("fake-engine").daemon().factory());

  FakeTranscriber(String model, int rows, long latencyMs) {
    this.model = model;
    this.rows = rows;
    this.latencyMs = latencyMs;
    this.free = new Semaphore(rows, true);
  }

  @Override
  public CompletableFuture<WindowTranscript> transcribe(Window window) {
    CompletableFuture<WindowTranscript> answer = new CompletableFuture<>();
    long asked = System.nanoTime();
    Thread.ofVirtual().start(() -> takeRow(window, answer, asked));
    return answer;
  }

  private void takeRow(Window window, CompletableFuture<WindowTranscript> answer, long asked) {
    free.acquireUninterruptibly();
    answer.whenComplete((text, failure) -> free.release());
    double queueMs = (System.nanoTime() - asked) / NANOS_PER_MS;
    short[] samples = samples(window.samples());
    String text = FakeText.of(samples, 0, samples.length);
    long ms = latencyMs / 2 + Math.floorMod(text.hashCode(), latencyMs + 1);
    Sound.poison(samples).ifPresent(number -> clock.schedule(() -> die(number), ms, MILLISECONDS));
    clock.schedule(() -> answer.complete(transcript(window, text, queueMs, ms)), ms, MILLISECONDS);
  }

  /** As native code does that crashes: nobody hears of it. */
  private static void die(int number) {
    System.out.println(POISONED + number);
    System.out.flush();
    Runtime.getRuntime().halt(139);
  }

  /** What the chunk's file held, to the bit: a short survives the way through a float. */
  private static short[] samples(float[] window) {
    short[] samples = new short[window.length];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (short) (window[i] * FULL_SCALE);
    }
    return samples;
  }

  private static WindowTranscript transcript(
      Window window, String text, double queueMs, double decodeMs) {
    double end = window.samples().length / (double) SAMPLE_RATE;
    var segment =
        new DecodedSegment(0, end, text, List.of(1), 0, -0.25, 1.0, 0.01, List.of(), null);
    String language = window.options().language();
    return new WindowTranscript(
        language == null ? "en" : language,
        1,
        Map.of(),
        List.of(segment),
        List.of(),
        new WindowTranscript.Times(queueMs, 0, 0, decodeMs));
  }

  @Override
  public int slots() {
    return rows;
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public String modelDigest() {
    return "digest-of-" + model;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
