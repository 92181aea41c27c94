package io.sotto.storage;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.Traces;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.tracing.TracingPolicy;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects by presigned URL: all that a worker or an ingest node may do with the store. Fails
 * with {@link SottoException}: {@code AUDIO_MISSING}, {@code AUDIO_CORRUPT}, {@code TOO_LARGE},
 * {@code STORE_DOWN}.
 */
public final class AudioFetcher {
  private static final int CONNECT_TIMEOUT_MS = 3_000;
  private static final int IDLE_TIMEOUT_S = 10;
  private static final int CONNECTIONS = 64;
  private final Vertx vertx;
  private final HttpClient http;
  private final StoreMeters meters;

  private AudioFetcher(Vertx vertx, HttpClient http, StoreMeters meters) {
    this.vertx = vertx;
    this.http = http;
    this.meters = meters;
  }

  /** As {@link #create(Vertx, MeterRegistry, Traces)}, where nobody looks. */
  public static AudioFetcher create(Vertx vertx) {
    return create(vertx, new SimpleMeterRegistry(), Traces.NONE);
  }

  public static AudioFetcher create(Vertx vertx, MeterRegistry registry, Traces traces) {
    HttpClientOptions options =
        new HttpClientOptions()
            // its spans would hold the URLs, which are as good as keys; and theirs are not our
            // traces
            .setTracingPolicy(TracingPolicy.IGNORE)
            .setConnectTimeout(CONNECT_TIMEOUT_MS)
            .setReadIdleTimeout(IDLE_TIMEOUT_S)
            .setKeepAliveTimeout(IDLE_TIMEOUT_S);
    PoolOptions pool = new PoolOptions().setHttp1MaxSize(CONNECTIONS);
    HttpClient http = vertx.createHttpClient(options, pool);
    return new AudioFetcher(vertx, http, new StoreMeters(registry, traces));
  }

  /** A whole object of at most {@code bytesMax} bytes, its SHA-256 checked (lower-case hex). */
  public Future<byte[]> fetch(String url, String sha256, long bytesMax) {
    return meters.fetch(() -> onEventLoop(() -> read(url, sha256, bytesMax)));
  }

  /**
   * A response's bytes flow as soon as it is there: whoever wants them must be on its event loop,
   * or may come too late to take the first ones.
   */
  private <T> Future<T> onEventLoop(Supplier<Future<T>> work) {
    if (Vertx.currentContext() != null) {
      return work.get();
    }
    Promise<T> done = Promise.promise();
    vertx.runOnContext(on -> work.get().onComplete(done));
    return done.future();
  }

  private Future<byte[]> read(String url, String sha256, long bytesMax) {
    return get(url, bytesMax, sha256)
        .compose(
            response -> {
              Future<Buffer> body = response.body();
              response.resume();
              return body;
            })
        .recover(this::unreachable)
        .map(Buffer::getBytes)
        .compose(bytes -> same(Digests.sha256(bytes), sha256).map(whole -> bytes));
  }

  /**
   * Writes a whole object of at most {@code bytesMax} bytes to a new file; constant heap. Its
   * SHA-256 is checked (lower-case hex) where it is known.
   */
  public Future<Void> download(String url, Path to, long bytesMax, @Nullable String sha256) {
    return meters
        .fetch(() -> onEventLoop(() -> write(url, to, bytesMax, sha256)))
        .compose(
            written ->
                sha256 == null
                    ? Future.succeededFuture()
                    : vertx
                        .executeBlocking(() -> Digests.sha256(to), false)
                        .compose(is -> same(is, sha256)));
  }

  private static Future<Void> same(String sha256, String stored) {
    return sha256.equals(stored)
        ? Future.succeededFuture()
        : Future.failedFuture(
            new SottoException(
                FailureCode.AUDIO_CORRUPT,
                "the object is not the one that was stored: its SHA-256 differs"));
  }

  private Future<Void> write(String url, Path to, long bytesMax, @Nullable String sha256) {
    OpenOptions create = new OpenOptions().setCreateNew(true).setWrite(true).setPerms("rw-------");
    return vertx
        .fileSystem()
        .open(to.toString(), create)
        .compose(
            file ->
                get(url, bytesMax, sha256)
                    .onFailure(failure -> file.close())
                    .compose(response -> response.pipeTo(file)))
        .recover(this::unreachable);
  }

  /** The response, paused, if it is one and not too long. */
  private Future<HttpClientResponse> get(String url, long bytesMax, @Nullable String sha256) {
    return http.request(new RequestOptions().setAbsoluteURI(url))
        .compose(HttpClientRequest::send)
        .recover(this::unreachable)
        .compose(
            response -> {
              SottoException refusal = refusal(response, bytesMax, sha256);
              if (refusal == null) {
                response.pause();
                return Future.succeededFuture(response);
              }
              response.exceptionHandler(closed -> {});
              response.request().reset();
              return Future.failedFuture(refusal);
            });
  }

  /** What is known by its SHA-256 was not too long when it was stored. */
  private static @Nullable SottoException refusal(
      HttpClientResponse response, long bytesMax, @Nullable String sha256) {
    if (response.statusCode() == 404) {
      return new SottoException(FailureCode.AUDIO_MISSING, "the object is not in the store");
    }
    if (response.statusCode() != 200) {
      return new SottoException(
          FailureCode.STORE_DOWN, "the store answered " + response.statusCode());
    }
    String length = response.getHeader("Content-Length");
    if (length == null || Long.parseLong(length) > bytesMax) {
      return new SottoException(
          sha256 == null ? FailureCode.TOO_LARGE : FailureCode.AUDIO_CORRUPT,
          "the object has " + length + " bytes, at most " + bytesMax);
    }
    return null;
  }

  private <T> Future<T> unreachable(Throwable failure) {
    return Future.failedFuture(
        failure instanceof SottoException
            ? failure
            : new SottoException(
                FailureCode.STORE_DOWN, "the store does not answer: " + failure.getMessage()));
  }

  public Future<Void> close() {
    return http.close();
  }
}
