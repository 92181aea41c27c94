package io.sotto.http;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.sotto.protocol.AudioKey;
import io.sotto.protocol.FailureCode;
import io.sotto.protocol.SottoException;
import io.sotto.protocol.net.GuardedUrl;
import io.sotto.protocol.net.NameResolver;
import io.sotto.protocol.net.UrlGuard;
import io.sotto.protocol.net.UrlRefused;
import io.sotto.storage.AudioStore;
import io.sotto.storage.StoredAudio;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.tracing.TracingPolicy;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Streams what a client's URL leads to into the audio store. Each name is looked up once, every
 * address of it checked, and the connection goes to one of these; a redirect is a new URL, checked
 * as the first one was. What the server says of type and length is believed only where it makes us
 * refuse. Lives on the verticle's event loop.
 */
final class Download {
  private static final int REDIRECTS_MAX = 3;
  private static final int ADDRESSES_TRIED = 2;
  private static final long CONNECT_MS_MAX = 10_000;
  private static final int IDLE_S = 60;
  private static final int HEADER_BYTES_MAX = 16 << 10;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private final Vertx vertx;
  private final Sources sources;
  private final AudioStore audio;
  private final long bytesMax;
  private final NameResolver names;
  private final HttpClient client;
  private int running;

  /** {@code trust} says whose certificates are good; the rest is set here. */
  Download(
      Vertx vertx,
      Sources sources,
      AudioStore audio,
      long bytesMax,
      NameResolver names,
      HttpClientOptions trust) {
    this.vertx = vertx;
    this.sources = sources;
    this.audio = audio;
    this.bytesMax = bytesMax;
    this.names = names;
    HttpClientOptions settings =
        new HttpClientOptions(trust)
            .setKeepAlive(false)
            .setVerifyHost(true)
            .setIdleTimeout(IDLE_S)
            .setMaxHeaderSize(HEADER_BYTES_MAX)
            .setDecompressionSupported(false);
    client =
        vertx.createHttpClient(
            new HttpClientOptions(settings).setTracingPolicy(TracingPolicy.IGNORE),
            new PoolOptions().setHttp1MaxSize(2 * sources.atOnce()));
  }

  /**
   * Fails with {@link ApiError} or the store's failure, nothing stored then. Breaks off when {@code
   * gone} is: nobody waits for it any more.
   */
  Future<StoredAudio> fetch(String url, AudioKey key, Future<Void> gone) {
    UrlGuard.Policy policy = sources.urls();
    if (policy == null) {
      return Future.failedFuture(
          refused(
              "this server fetches nothing; upload the file, or ask the operator to set"
                  + " http.fetch-from"));
    }
    if (running >= sources.atOnce()) {
      return Future.failedFuture(RemoteAudio.busy(sources.atOnce()));
    }
    running++;
    Fetch fetch = new Fetch(new UrlGuard(policy), key, gone);
    return Future.succeededFuture()
        .compose(go -> fetch.follow(url, REDIRECTS_MAX))
        .recover(failure -> Future.failedFuture(fetch.told(failure)))
        .onComplete(over -> running--);
  }

  private static ApiError refused(String why) {
    return new ApiError(400, "url_refused", RemoteAudio.URL, why);
  }

  private static ApiError unreachable(String why) {
    return new ApiError(400, "url_unreachable", RemoteAudio.URL, why);
  }

  /** One recording on its way. */
  private final class Fetch {
    private final UrlGuard guard;
    private final AudioKey key;
    private final long deadline = System.nanoTime() + sources.timeout().toNanos();
    private final Future<Void> gone;
    private boolean late;

    Fetch(UrlGuard guard, AudioKey key, Future<Void> gone) {
      this.guard = guard;
      this.key = key;
      this.gone = gone;
    }

    private long leftMs() {
      return Math.max(1, NANOSECONDS.toMillis(deadline - System.nanoTime()));
    }

    Future<StoredAudio> follow(String url, int redirects) {
      GuardedUrl to = guard.check(url);
      return guard
          .addresses(to, names)
          .timeout(leftMs(), MILLISECONDS)
          .compose(found -> connect(to, found, 0))
          .compose(
              request -> {
                gone.onSuccess(hungUp -> request.reset());
                return request
                    .putHeader("user-agent", "Sotto")
                    .putHeader("accept", "*/*")
                    .send()
                    .timeout(leftMs(), MILLISECONDS)
                    .onFailure(failed -> request.reset());
              })
          .compose(response -> answered(url, redirects, response));
    }

    /** A host of both families may be reached by one of them alone. */
    private Future<HttpClientRequest> connect(GuardedUrl to, List<InetAddress> found, int n) {
      long ms = Math.min(CONNECT_MS_MAX, leftMs());
      boolean last = n + 1 >= Math.min(ADDRESSES_TRIED, found.size());
      Future<HttpClientRequest> request =
          client.request(to.request(HttpMethod.GET, found.get(n), ms));
      return last ? request : request.recover(failed -> connect(to, found, n + 1));
    }

    private Future<StoredAudio> answered(String url, int redirects, HttpClientResponse response) {
      response.pause();
      String location = response.getHeader("location");
      if (REDIRECTS.contains(response.statusCode()) && location != null) {
        drop(response);
        return redirects == 0
            ? Future.failedFuture(
                refused("the URL redirects more than " + REDIRECTS_MAX + " times; send the last"))
            : follow(resolved(url, location), redirects - 1);
      }
      ApiError refusal = refusal(response);
      if (refusal != null) {
        drop(response);
        return Future.failedFuture(refusal);
      }
      return store(response);
    }

    private Future<StoredAudio> store(HttpClientResponse response) {
      long timer =
          vertx.setTimer(
              leftMs(),
              at -> {
                late = true;
                response.request().reset();
              });
      return audio
          .put(key, response, bytesMax)
          .onFailure(failed -> drop(response))
          .onComplete(over -> vertx.cancelTimer(timer));
    }

    private void drop(HttpClientResponse response) {
      response.exceptionHandler(closed -> {});
      response.request().reset();
    }

    private @Nullable ApiError refusal(HttpClientResponse response) {
      if (response.statusCode() != 200) {
        return unreachable(
            "the URL's server answered "
                + response.statusCode()
                + "; it must give the file to anyone, without a login");
      }
      String length = response.getHeader("content-length");
      boolean declared = length != null && length.matches("\\d{1,18}");
      return declared && Long.parseLong(length) > bytesMax
          ? Form.tooLarge(bytesMax, RemoteAudio.URL)
          : null;
    }

    /** What the client is told; never an address that a name led to. */
    Throwable told(Throwable failure) {
      return switch (failure) {
        case ApiError known -> known;
        case UrlRefused refusal -> refused(refusal.reason());
        case SottoException large when large.code() == FailureCode.TOO_LARGE ->
            Form.tooLarge(bytesMax, RemoteAudio.URL);
        case SottoException cut when cut.code() == FailureCode.BAD_REQUEST ->
            late ? slow() : unreachable("the transfer broke off; send the URL again");
        case SottoException ours -> ours;
        case UnknownHostException unknown -> unreachable("the URL's host has no address");
        case ConnectException nobody -> unreachable("nobody answers at the URL's host and port");
        case SSLException untrusted ->
            unreachable("the URL's host has no certificate that this server trusts");
        case TimeoutException late -> slow();
        case VertxException closed -> unreachable("the URL's server hung up; send the URL again");
        case RuntimeException defect -> defect;
        default -> unreachable("the URL's server does not speak HTTP as expected");
      };
    }

    private ApiError slow() {
      return unreachable(
          "the file did not come within "
              + sources.timeout().toSeconds()
              + " s; upload it, or ask the operator to raise http.fetch-timeout");
    }
  }

  private static String resolved(String url, String location) {
    try {
      return URI.create(url).resolve(location).toString();
    } catch (IllegalArgumentException notOne) {
      throw refused("the URL redirects to something that is no URL");
    }
  }
}
