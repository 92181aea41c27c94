package io.sotto.storage;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;

/**
 * One stream on its way into S3. What fits into a part goes up as one object; more goes up in
 * parts, one at a time, the stream paused meanwhile, so that two parts is all the heap it takes.
 * Runs on the stream's event loop.
 */
final class S3Upload {
  /** S3 allows 10,000 parts of a size: 16 MiB reach 156 GiB. */
  static final int PART_BYTES = 16 << 20;

  private static final int SMALL_PART_BYTES = 8 << 20;
  private static final int SMALL_PARTS = 16;

  private final S3AudioStore store;
  private final AudioKey key;
  private final ReadStream<Buffer> body;
  private final long bytesMax;
  private final MessageDigest digest = Digests.sha256();
  private final Promise<StoredAudio> result = Promise.promise();
  private final List<CompletedPart> parts = new ArrayList<>();
  private Buffer pending = Buffer.buffer();
  private long bytes;
  private @Nullable String uploadId;
  private boolean over;
  private boolean sending;
  private boolean ended;

  S3Upload(S3AudioStore store, AudioKey key, ReadStream<Buffer> body, long bytesMax) {
    this.store = store;
    this.key = key;
    this.body = body;
    this.bytesMax = bytesMax;
  }

  Future<StoredAudio> run() {
    body.exceptionHandler(this::fail);
    body.endHandler(done -> end());
    body.handler(this::take);
    body.resume();
    return result.future();
  }

  private void take(Buffer buffer) {
    if (over) {
      return;
    }
    bytes += buffer.length();
    if (bytes > bytesMax) {
      fail(
          new SottoException(
              FailureCode.TOO_LARGE, "the file is larger than " + bytesMax + " bytes"));
      return;
    }
    digest.update(buffer.getBytes());
    pending.appendBuffer(buffer);
    if (pending.length() >= partBytes() && !sending) {
      body.pause();
      sendPart();
    }
  }

  private int partBytes() {
    return parts.size() < SMALL_PARTS ? SMALL_PART_BYTES : PART_BYTES;
  }

  private void end() {
    ended = true;
    if (!over && !sending) {
      finish();
    }
  }

  private void sendPart() {
    sending = true;
    begun()
        .compose(id -> part(id))
        .onSuccess(
            sent -> {
              sending = false;
              if (over) {
                abort();
              } else if (ended) {
                finish();
              } else {
                body.resume();
              }
            })
        .onFailure(
            failure -> {
              sending = false;
              if (over) {
                abort();
              }
              fail(failure);
            });
  }

  private Future<String> begun() {
    if (uploadId != null) {
      return Future.succeededFuture(uploadId);
    }
    return store
        .await(store.s3().createMultipartUpload(b -> b.bucket(store.bucket()).key(key.value())))
        .map(CreateMultipartUploadResponse::uploadId)
        .onSuccess(id -> uploadId = id);
  }

  private Future<Void> part(String id) {
    byte[] block = pending.getBytes();
    pending = Buffer.buffer();
    int number = parts.size() + 1;
    return store
        .await(
            store
                .s3()
                .uploadPart(
                    b ->
                        b.bucket(store.bucket())
                            .key(key.value())
                            .uploadId(id)
                            .partNumber(number)
                            .contentLength((long) block.length)
                            .contentMD5(Digests.contentMd5(block)),
                    AsyncRequestBody.fromBytesUnsafe(block)))
        .map(
            sent -> {
              parts.add(CompletedPart.builder().partNumber(number).eTag(sent.eTag()).build());
              return null;
            });
  }

  private void finish() {
    sending = true;
    Future<?> stored = uploadId == null ? store.putObject(key, pending.getBytes()) : complete();
    stored
        .onSuccess(
            done -> {
              over = true;
              result.tryComplete(new StoredAudio(key, bytes, Digests.hex(digest.digest())));
            })
        .onFailure(
            failure -> {
              sending = false;
              fail(failure);
            });
  }

  private Future<?> complete() {
    String id = java.util.Objects.requireNonNull(uploadId);
    Future<Void> last = pending.length() > 0 ? part(id) : Future.succeededFuture();
    return last.compose(
        sent ->
            store.await(
                store
                    .s3()
                    .completeMultipartUpload(
                        b ->
                            b.bucket(store.bucket())
                                .key(key.value())
                                .uploadId(id)
                                .multipartUpload(
                                    CompletedMultipartUpload.builder().parts(parts).build()))));
  }

  /** The stream is read on to its end, into nothing: whoever feeds it may wait for that. */
  private void fail(Throwable failure) {
    if (over) {
      return;
    }
    over = true;
    pending = Buffer.buffer();
    if (!sending) {
      abort();
    }
    body.resume();
    result.tryFail(
        failure instanceof SottoException
            ? failure
            : new SottoException(
                FailureCode.BAD_REQUEST, "the upload was cut off: " + failure.getMessage()));
  }

  private void abort() {
    String id = uploadId;
    if (id != null) {
      uploadId = null;
      store.await(
          store
              .s3()
              .abortMultipartUpload(b -> b.bucket(store.bucket()).key(key.value()).uploadId(id)));
    }
  }
}
