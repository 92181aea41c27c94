package io.sotto.ingest;

import io.vertx.core.Future;
import java.nio.file.Path;

/** Brings an upload from the audio store into a new file. */
@FunctionalInterface
public interface SourceDownload {
  /** Fails with {@code SottoException}: {@code AUDIO_MISSING}, {@code STORE_DOWN}. */
  Future<Void> download(String url, Path to, long bytesMax);
}
