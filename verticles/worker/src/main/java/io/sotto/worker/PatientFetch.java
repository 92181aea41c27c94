package io.sotto.worker;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.TranscribeChunk;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.BooleanSupplier;

/**
 * Fetches one chunk and waits out an audio store that does not answer, since another worker would
 * find it no better: trying elsewhere would only spend the chunk's budget. The attempt's limit ends
 * the waiting.
 */
final class PatientFetch {
  private final ChunkFetch fetch;
  private final TranscribeChunk command;
  private final Backoff backoff;
  private final Context context;
  private final Promise<byte[]> bytes = Promise.promise();
  private String trouble = "";

  PatientFetch(ChunkFetch fetch, TranscribeChunk command, WorkerOptions options, Context context) {
    this.fetch = fetch;
    this.command = command;
    this.backoff = new Backoff(options.retryMin(), options.retryMax());
    this.context = context;
  }

  /** The chunk's bytes, on the worker's context; tries until {@code ended}. */
  Future<byte[]> bytes(BooleanSupplier ended) {
    attempt(ended);
    return bytes.future();
  }

  /** Why the last try failed, for the message of an attempt that ran out of time. */
  String trouble() {
    return trouble;
  }

  private void attempt(BooleanSupplier ended) {
    Future<byte[]> answer;
    try {
      answer = fetch.fetch(command.url(), command.sha256());
    } catch (RuntimeException e) {
      answer = Future.failedFuture(e);
    }
    answer.onComplete(
        all -> context.runOnContext(now -> bytes.tryComplete(all)),
        failure -> context.runOnContext(now -> failed(SottoException.of(failure), ended)));
  }

  private void failed(SottoException failure, BooleanSupplier ended) {
    boolean storeAway =
        failure.code() == FailureCode.STORE_DOWN || failure.code() == FailureCode.TIMEOUT;
    if (!storeAway || ended.getAsBoolean()) {
      bytes.tryFail(failure);
      return;
    }
    trouble = ": " + failure.reason();
    context.owner().setTimer(backoff.nextMs(), now -> retry(ended));
  }

  private void retry(BooleanSupplier ended) {
    if (ended.getAsBoolean()) {
      bytes.tryFail(new SottoException(FailureCode.STORE_DOWN, "gave up fetching" + trouble));
    } else {
      attempt(ended);
    }
  }
}
