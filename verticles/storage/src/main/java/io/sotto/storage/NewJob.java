package io.sotto.storage;

import io.sotto.protocol.JobId;
import io.sotto.protocol.TranscriptionOptions;
import org.jspecify.annotations.Nullable;

/**
 * A job to insert, after its audio is stored. {@code idempotencyKey} is the client's, or null;
 * {@code requestHash} is a hex digest of everything that makes the request what it is. {@code
 * fileName} is as the client wrote it: never a path of ours.
 */
public record NewJob(
    JobId id,
    long tenantId,
    @Nullable String idempotencyKey,
    String requestHash,
    TranscriptionOptions options,
    StoredAudio audio,
    @Nullable String fileName,
    @Nullable String contentType) {}
