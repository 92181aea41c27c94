package io.sotto.ingest;

import io.vertx.core.Future;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Brings an upload from the audio store into a new file. */
@FunctionalInterface
public interface SourceDownload {
  /**
   * Fails with {@code SottoException}: {@code AUDIO_MISSING}, {@code STORE_DOWN}, {@code
   * AUDIO_CORRUPT} unless the SHA-256 is {@code sha256} (lower-case hex; null: not known).
   */
  Future<Void> download(String url, Path to, long bytesMax, @Nullable String sha256);
}
