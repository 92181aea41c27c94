package io.sotto.worker;

import io.vertx.core.Future;

/** Brings a chunk from the audio store. */
@FunctionalInterface
public interface ChunkFetch {
  /**
   * The whole object behind {@code url}, a presigned GET. Fails with {@code SottoException}: {@code
   * AUDIO_CORRUPT} unless its SHA-256 is {@code sha256} (lower-case hex), {@code AUDIO_MISSING},
   * {@code STORE_DOWN} or {@code TIMEOUT} when the store does not answer. May complete on any
   * thread.
   */
  Future<byte[]> fetch(String url, String sha256);
}
