package io.sotto.storage;

import io.sotto.protocol.JobId;
import io.sotto.protocol.Trail;
import io.sotto.protocol.TranscriptionOptions;
import org.jspecify.annotations.Nullable;

/**
 * A job to insert, after its audio is stored. {@code idempotencyKey} is the client's, or null;
 * {@code requestHash} is a hex digest of everything that makes the request what it is. {@code
 * fileName} is as the client wrote it: never a path of ours. {@code webhook} is told of the job's
 * end; {@code dedupe} allows the stored result of an equal job to be the answer; {@code trail} is
 * kept with the job, for whoever works on it.
 */
public record NewJob(
    JobId id,
    long tenantId,
    @Nullable String idempotencyKey,
    String requestHash,
    TranscriptionOptions options,
    StoredAudio audio,
    @Nullable String fileName,
    @Nullable String contentType,
    @Nullable Webhook webhook,
    boolean dedupe,
    Trail trail) {

  /** One that tells nobody and is transcribed in any case. */
  public NewJob(
      JobId id,
      long tenantId,
      @Nullable String idempotencyKey,
      String requestHash,
      TranscriptionOptions options,
      StoredAudio audio,
      @Nullable String fileName,
      @Nullable String contentType) {
    this(
        id,
        tenantId,
        idempotencyKey,
        requestHash,
        options,
        audio,
        fileName,
        contentType,
        null,
        false,
        Trail.NONE);
  }

  public NewJob withWebhook(Webhook told) {
    return new NewJob(
        id,
        tenantId,
        idempotencyKey,
        requestHash,
        options,
        audio,
        fileName,
        contentType,
        told,
        dedupe,
        trail);
  }

  public NewJob with(Trail of) {
    return new NewJob(
        id,
        tenantId,
        idempotencyKey,
        requestHash,
        options,
        audio,
        fileName,
        contentType,
        webhook,
        dedupe,
        of);
  }

  public NewJob withDedupe() {
    return new NewJob(
        id,
        tenantId,
        idempotencyKey,
        requestHash,
        options,
        audio,
        fileName,
        contentType,
        webhook,
        true,
        trail);
  }
}
