package io.sotto.storage;

import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * An object of the bucket as a stream: read range by range, one at a time and only while somebody
 * takes them, so that a range is all the heap it takes. Every range must be of the object as it was
 * at first. Lives on one event loop.
 */
final class S3Ranges implements ReadStream<Buffer> {
  static final int RANGE_BYTES = 8 << 20;

  private final S3AudioStore store;
  private final S3Object object;
  private long at;
  private long wanted;
  private boolean reading;
  private boolean over;
  private @Nullable Handler<Buffer> taker;
  private @Nullable Handler<Void> ended;
  private @Nullable Handler<Throwable> failed;

  /** Of {@code object} key, size and ETag are known. */
  S3Ranges(S3AudioStore store, S3Object object) {
    this.store = store;
    this.object = object;
  }

  @Override
  public S3Ranges handler(@Nullable Handler<Buffer> handler) {
    taker = handler;
    return this;
  }

  @Override
  public S3Ranges endHandler(@Nullable Handler<Void> handler) {
    ended = handler;
    return this;
  }

  @Override
  public S3Ranges exceptionHandler(@Nullable Handler<Throwable> handler) {
    failed = handler;
    return this;
  }

  @Override
  public S3Ranges pause() {
    wanted = 0;
    return this;
  }

  @Override
  public S3Ranges resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public S3Ranges fetch(long amount) {
    wanted = wanted + amount < 0 ? Long.MAX_VALUE : wanted + amount;
    go();
    return this;
  }

  private void go() {
    if (over || reading || wanted == 0) {
      return;
    }
    if (at >= object.size()) {
      over = true;
      if (ended != null) {
        ended.handle(null);
      }
      return;
    }
    reading = true;
    long last = Math.min(at + RANGE_BYTES, object.size()) - 1;
    store
        .await(
            store
                .s3()
                .getObject(
                    b ->
                        b.bucket(store.bucket())
                            .key(object.key())
                            .ifMatch(object.eTag())
                            .range("bytes=" + at + "-" + last),
                    AsyncResponseTransformer.toBytes()))
        .onSuccess(range -> took(Buffer.buffer(range.asByteArrayUnsafe())))
        .onFailure(this::fail);
  }

  private void took(Buffer range) {
    reading = false;
    if (range.length() == 0) {
      fail(new SottoException(FailureCode.STORE_DOWN, "the store gave an empty range"));
      return;
    }
    at += range.length();
    wanted -= wanted == Long.MAX_VALUE ? 0 : 1;
    if (taker != null && !over) {
      taker.handle(range);
    }
    go();
  }

  private void fail(Throwable failure) {
    over = true;
    if (failed != null) {
      failed.handle(failure);
    }
  }
}
