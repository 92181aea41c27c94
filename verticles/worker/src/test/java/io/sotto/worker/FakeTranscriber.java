package io.sotto.worker;

import io.sotto.engine.DecodedSegment;
import io.sotto.engine.Transcriber;
import io.sotto.engine.Window;
import io.sotto.engine.WindowTranscript;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An engine whose text is the number of samples, and which answers when the test says so. */
final class FakeTranscriber implements Transcriber {
  static final String MODEL = "fake";

  /** A window the engine was given and has not answered. */
  record Asked(Window window, CompletableFuture<WindowTranscript> answer) {
    void finish() {
      answer.complete(transcript(window));
    }
  }

  private final String model;
  private final String digest;
  private final int slots;
  private final boolean atOnce;
  private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>();

  private volatile boolean closed;

  private FakeTranscriber(String model, String digest, int slots, boolean atOnce) {
    this.model = model;
    this.digest = digest;
    this.slots = slots;
    this.atOnce = atOnce;
  }

  /** Answers each window as it comes, on a thread that is none of Vert.x. */
  static FakeTranscriber quick(int slots) {
    return new FakeTranscriber(MODEL, "digest-of-fake", slots, true);
  }

  /** Answers nothing by itself. */
  static FakeTranscriber patient(int slots) {
    return new FakeTranscriber(MODEL, "digest-of-fake", slots, false);
  }

  /** One of several. */
  static FakeTranscriber of(String model, String digest) {
    return new FakeTranscriber(model, digest, 1, true);
  }

  boolean closed() {
    return closed;
  }

  static String text(int samples) {
    return " " + samples + " samples";
  }

  private static WindowTranscript transcript(Window window) {
    int samples = window.samples().length;
    var segment =
        new DecodedSegment(
            0, samples / 16_000.0, text(samples), List.of(1), 0, -0.25, 1.5, 0.01, List.of(), null);
    String language = window.options().language() == null ? "en" : window.options().language();
    var times = new WindowTranscript.Times(1, 2, 3, 4);
    return new WindowTranscript(
        language, 0.9, java.util.Map.of(), List.of(segment), List.of(), times);
  }

  /** The next window that was asked for. */
  Asked next() throws InterruptedException {
    Asked next = asked.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("the engine was not asked within 10 s");
    }
    return next;
  }

  /** How many windows wait that the test has not taken. */
  int waiting() {
    return asked.size();
  }

  @Override
  public CompletableFuture<WindowTranscript> transcribe(Window window) {
    if (atOnce) {
      return CompletableFuture.supplyAsync(() -> transcript(window));
    }
    CompletableFuture<WindowTranscript> answer = new CompletableFuture<>();
    asked.add(new Asked(window, answer));
    return answer;
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public String modelDigest() {
    return digest;
  }

  @Override
  public void close() {
    closed = true;
  }
}
