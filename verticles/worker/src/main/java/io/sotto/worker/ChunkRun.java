package io.sotto.worker;

import io.opentelemetry.api.trace.Span;
import io.sotto.engine.EngineException;
import io.sotto.engine.Transcriber;
import io.sotto.engine.Wav;
import io.sotto.engine.Window;
import io.sotto.engine.WindowTranscript;
import io.sotto.protocol.ChunkTranscript;
import io.sotto.protocol.CrashPoint;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Subject;
import io.sotto.protocol.TranscribeChunk;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at one chunk, from receipt to result: fetch, read, transcribe. Belongs to the
 * worker's context; the first ending wins (result, failure, {@link #stop}) and every later one is
 * ignored.
 */
final class ChunkRun {
  private static final Logger LOG = LoggerFactory.getLogger(ChunkRun.class);
  private static final double NANOS_PER_MS = 1e6;

  private final TranscribeChunk command;
  private final Subject subject;
  private final Span span;
  private final Loan loan;
  private final Context context;
  private final Promise<ChunkTranscript> ending = Promise.promise();
  private final long receivedNanos = System.nanoTime();
  private double fetchMs;
  private double waitMs;
  private @Nullable CompletableFuture<WindowTranscript> computing;

  ChunkRun(TranscribeChunk command, Subject subject, Span span, Loan loan, Context context) {
    this.command = command;
    this.subject = subject;
    this.span = span;
    this.loan = loan;
    this.context = context;
  }

  TranscribeChunk command() {
    return command;
  }

  Subject subject() {
    return subject;
  }

  /** Belongs to whoever began it, and ends this. */
  Span span() {
    return span;
  }

  String model() {
    return loan.name();
  }

  double wallSeconds() {
    return (System.nanoTime() - receivedNanos) / NANOS_PER_MS / 1000;
  }

  /**
   * Starts; completes on the worker's context, failing with a {@link SottoException} that says how
   * it ended.
   */
  Future<ChunkTranscript> start(PatientFetch fetch) {
    Vertx vertx = context.owner();
    long timer = vertx.setTimer(command.limitMs(), at -> stop(overtime(fetch)));
    ending.future().onComplete(ended -> vertx.cancelTimer(timer));
    ending.future().onComplete(ended -> loan.end());
    loan.transcriber().onFailure(ending::tryFail);
    fetch.bytes(this::ended).onComplete(this::read, ending::tryFail);
    return ending.future();
  }

  /** Ends the attempt for {@code reason} and frees its row in the engine. */
  void stop(SottoException reason) {
    if (ended()) {
      return;
    }
    if (computing != null) {
      computing.cancel(true); // the row is free before anybody hears that it is
    }
    ending.tryFail(reason);
  }

  private boolean ended() {
    return ending.future().isComplete();
  }

  private SottoException overtime(PatientFetch fetch) {
    return new SottoException(
        // what the store owes is charged to nobody
        fetchMs == 0 ? FailureCode.STORE_DOWN : FailureCode.TIMEOUT,
        "not transcribed within " + command.limitMs() + " ms, " + whereItStands(fetch));
  }

  private String whereItStands(PatientFetch fetch) {
    if (fetchMs == 0) {
      return "still fetching" + fetch.trouble();
    }
    return computing == null ? "still waiting for model " + model() : "still in the engine";
  }

  /** Half a million samples to unpack: not on the event loop. */
  private void read(byte[] file) {
    if (ended()) {
      return;
    }
    CrashPoint.WORKER_AFTER_GET.pass();
    fetchMs = (System.nanoTime() - receivedNanos) / NANOS_PER_MS;
    context
        .executeBlocking(() -> Wav.read(file), false)
        .onComplete(this::await, failure -> ending.tryFail(unreadable(failure)));
  }

  private static SottoException unreadable(Throwable failure) {
    return new SottoException(FailureCode.AUDIO_CORRUPT, failure.getMessage(), failure);
  }

  /** What was fetched while the model is still being loaded waits for it. */
  private void await(float[] samples) {
    long sinceNanos = System.nanoTime();
    loan.transcriber()
        .onSuccess(
            transcriber -> {
              waitMs = (System.nanoTime() - sinceNanos) / NANOS_PER_MS;
              transcribe(transcriber, samples);
            });
  }

  private void transcribe(Transcriber transcriber, float[] samples) {
    if (ended()) {
      return;
    }
    try {
      computing = transcriber.transcribe(new Window(samples, EngineOptions.of(command.options())));
    } catch (RuntimeException e) {
      ending.tryFail(engineFailure(e));
      return;
    }
    String digest = transcriber.modelDigest();
    computing.whenComplete(
        (text, failure) -> context.runOnContext(now -> decoded(text, digest, failure)));
  }

  private void decoded(
      @Nullable WindowTranscript text, String digest, @Nullable Throwable failure) {
    if (text == null) {
      ending.tryFail(engineFailure(failure));
      return;
    }
    CrashPoint.WORKER_AFTER_INFER.pass();
    ending.tryComplete(Transcripts.place(text, command.span(), digest, fetchMs, waitMs));
  }

  private SottoException engineFailure(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof EngineException engine) {
      return new SottoException(code(engine.kind()), engine.getMessage(), engine);
    }
    if (cause instanceof CancellationException) {
      return new SottoException(FailureCode.MODEL_FAULT, "the engine dropped the window", cause);
    }
    LOG.error("engine defect {}", subject, cause);
    return new SottoException(FailureCode.INTERNAL, "defect of the engine: " + cause, cause);
  }

  private static FailureCode code(EngineException.Kind kind) {
    return switch (kind) {
      case BAD_REQUEST -> FailureCode.BAD_REQUEST;
      case BAD_MODEL, FAULT -> FailureCode.MODEL_FAULT;
      case CLOSED -> FailureCode.WORKER_FULL;
    };
  }
}
