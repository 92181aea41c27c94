package io.sotto.testkit;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.storage.AudioStore;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** An {@link AudioStore} in memory. Its presigned URLs only name the object: {@code fake:KEY}. */
public final class FakeAudioStore implements AudioStore {
  private final NavigableMap<String, byte[]> objects = new ConcurrentSkipListMap<>();
  private final Map<String, Instant> stored = new ConcurrentHashMap<>();
  private volatile boolean down;

  /** The keys of all objects, sorted. */
  public List<String> keys() {
    return List.copyOf(objects.keySet());
  }

  /** The object behind a URL of {@link #presignGet}, or null. */
  public byte @org.jspecify.annotations.Nullable [] open(String url) {
    return objects.get(url.substring("fake:".length()));
  }

  @Override
  public Future<StoredAudio> put(AudioKey key, ReadStream<Buffer> body, long bytesMax) {
    Promise<StoredAudio> stored = Promise.promise();
    Buffer all = Buffer.buffer();
    body.exceptionHandler(
        cut -> stored.tryFail(new SottoException(FailureCode.BAD_REQUEST, "cut off")));
    body.endHandler(end -> put(key, all.getBytes()).onSuccess(stored::tryComplete));
    body.handler(
        part -> {
          all.appendBuffer(part);
          if (all.length() > bytesMax) {
            stored.tryFail(new SottoException(FailureCode.TOO_LARGE, "more than " + bytesMax));
          }
        });
    body.resume();
    return stored.future().onFailure(failed -> objects.remove(key.value()));
  }

  @Override
  public Future<StoredAudio> put(AudioKey key, byte[] body) {
    objects.put(key.value(), body.clone());
    stored.put(key.value(), Instant.now());
    return Future.succeededFuture(new StoredAudio(key, body.length, sha256(body)));
  }

  @Override
  public Future<StoredAudio> copy(String from, AudioKey key, long bytesMax) {
    byte[] body = objects.get(from);
    if (body == null) {
      return Future.failedFuture(new SottoException(FailureCode.AUDIO_MISSING, "no " + from));
    }
    return body.length > bytesMax
        ? Future.failedFuture(new SottoException(FailureCode.TOO_LARGE, "more than " + bytesMax))
        : put(key, body);
  }

  private static String sha256(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String presignGet(AudioKey key, Duration ttl) {
    return "fake:" + key;
  }

  /** While it is, nothing is deleted. */
  public void down(boolean now) {
    down = now;
  }

  private static <T> Future<T> away() {
    return Future.failedFuture(new SottoException(FailureCode.STORE_DOWN, "the store is down"));
  }

  @Override
  public Future<Void> delete(AudioKey key) {
    if (down) {
      return away();
    }
    objects.remove(key.value());
    return Future.succeededFuture();
  }

  @Override
  public Future<Integer> deleteAll(String prefix) {
    if (down) {
      return away();
    }
    List<String> gone = keys().stream().filter(key -> key.startsWith(prefix)).toList();
    gone.forEach(objects::remove);
    return Future.succeededFuture(gone.size());
  }

  @Override
  public Future<Listing> list(String prefix, String after, int limit) {
    List<Listed> found =
        objects.tailMap(after, false).entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(prefix))
            .limit(limit + 1L)
            .map(
                entry ->
                    new Listed(
                        entry.getKey(),
                        entry.getValue().length,
                        stored.getOrDefault(entry.getKey(), Instant.EPOCH)))
            .toList();
    boolean more = found.size() > limit;
    return Future.succeededFuture(new Listing(more ? found.subList(0, limit) : found, more));
  }

  @Override
  public Future<Void> check() {
    return Future.succeededFuture();
  }

  @Override
  public void close() {}
}
