package io.sotto.storage;

import io.sotto.protocol.AudioKey;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Audio objects in one S3 bucket. Writes are whole or not at all. Failures arrive as {@code
 * SottoException}: {@code STORE_DOWN} when the store does not answer, {@code STORAGE_FULL}, {@code
 * TOO_LARGE}, {@code AUDIO_MISSING}.
 */
public interface AudioStore {

  /**
   * Streams {@code body} to {@code key} with constant heap, SHA-256 on the fly, back-pressure on
   * the stream. More than {@code bytesMax} bytes fail with {@code TOO_LARGE} and leave nothing
   * behind, as does a stream that fails. Must be called on the event loop that owns {@code body},
   * which is paused until the store takes bytes.
   */
  Future<StoredAudio> put(AudioKey key, ReadStream<Buffer> body, long bytesMax);

  /** Stores a whole object that is small enough to be in memory (a chunk). */
  Future<StoredAudio> put(AudioKey key, byte[] body);

  /**
   * Copies an object of the bucket that need not be ours to {@code key}, through this process, so
   * that its bytes are counted and its SHA-256 is taken. {@code AUDIO_MISSING} when there is none,
   * {@code TOO_LARGE} as above; one that is replaced meanwhile fails with {@code BAD_REQUEST}.
   */
  Future<StoredAudio> copy(String from, AudioKey key, long bytesMax);

  /** A URL by which anyone may GET the object until {@code ttl} has passed. */
  String presignGet(AudioKey key, Duration ttl);

  /** Deletes an object; one that is not there counts as deleted. */
  Future<Void> delete(AudioKey key);

  /** Deletes every object whose key begins with {@code prefix}; completes with their number. */
  Future<Integer> deleteAll(String prefix);

  /**
   * The objects whose key begins with {@code prefix} and comes after {@code after} (empty: from the
   * first), in the order of their keys, {@code limit} of them at most, 1 to 1,000.
   */
  Future<Listing> list(String prefix, String after, int limit);

  /** A page of objects; {@code more} says that others follow its last. */
  record Listing(List<Listed> objects, boolean more) {
    public Listing {
      objects = List.copyOf(objects);
    }
  }

  /** An object as a listing shows it. Its key need not be one of ours. */
  record Listed(String key, long bytes, Instant modified) {}

  /** Whether the bucket answers. */
  Future<Void> check();

  void close();
}
