package io.sotto.scheduler.webhook;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.tracing.TracingPolicy;
import java.util.concurrent.TimeUnit;

/**
 * Posts over HTTP/1.1, a connection a request, to the address it is given: the name goes into Host
 * and SNI, and the certificate is held against it. Follows no redirect, and reads so much of an
 * answer's body as lets the receiver end in peace.
 */
final class HttpPost implements Post {
  private static final int HEADER_BYTES_MAX = 16 << 10;
  private static final int BODY_BYTES_MAX = 16 << 10;
  private static final long BODY_MS_MAX = 2_000;
  private final Vertx vertx;
  private final HttpClient client;

  /**
   * {@code options} hold whom to trust; the rest is set here. Connections that are still drained of
   * an answer are beside the {@code perHost} that may be in use.
   */
  HttpPost(Vertx vertx, HttpClientOptions options, int perHost) {
    this.vertx = vertx;
    HttpClientOptions settings =
        new HttpClientOptions(options)
            .setKeepAlive(false)
            .setVerifyHost(true)
            .setMaxHeaderSize(HEADER_BYTES_MAX)
            .setDecompressionSupported(false);
    settings.setTracingPolicy(TracingPolicy.IGNORE);
    client = vertx.createHttpClient(settings, new PoolOptions().setHttp1MaxSize(2 * perHost));
  }

  @Override
  public Future<Status> post(Parcel parcel) {
    long begun = System.nanoTime();
    long ms = Math.max(1, parcel.within().toMillis());
    RequestOptions options = parcel.url().request(HttpMethod.POST, parcel.to(), ms);
    return client
        .request(options)
        .compose(
            request -> {
              long spent = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
              return send(request, parcel, Math.max(1, ms - spent));
            });
  }

  private Future<Status> send(HttpClientRequest request, Parcel parcel, long ms) {
    parcel.headers().forEach(request::putHeader);
    return request
        .send(parcel.body())
        .timeout(ms, TimeUnit.MILLISECONDS)
        .onFailure(failed -> request.reset())
        .map(
            response -> {
              drain(response);
              return new Status(response.statusCode(), response.getHeader("retry-after"));
            });
  }

  private void drain(HttpClientResponse response) {
    int[] read = {0};
    long timer = vertx.setTimer(BODY_MS_MAX, late -> response.request().connection().close());
    response.exceptionHandler(broken -> vertx.cancelTimer(timer));
    response.endHandler(ended -> vertx.cancelTimer(timer));
    response.handler(
        bytes -> {
          read[0] += bytes.length();
          if (read[0] > BODY_BYTES_MAX) {
            response.request().connection().close();
          }
        });
  }
}
