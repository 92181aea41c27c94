package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sotto.protocol.ClusterBus;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Uploads for which there is no memory are refused before they are read. */
class UploadRoomTest {
  private static final String FORM =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\naudio";
  private static final String END = "\r\n--b--\r\n";
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = vertx.createHttpClient();

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  private int serve(long memory) {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 100_000, Duration.ofMillis(300), "base")
            .withUploadsMemory(memory);
    HttpVerticle http =
        new HttpVerticle(options, new FakeJobStore(), new FakeAudioStore(), ClusterBus.open(vertx));
    await(vertx.deployVerticle(http));
    return http.port();
  }

  /** An upload whose end has not been sent yet. */
  private HttpClientRequest begin(int port) {
    HttpClientRequest request =
        await(client.request(HttpMethod.POST, port, "127.0.0.1", "/api/v1/transcriptions"));
    request.putHeader("Content-Type", "multipart/form-data; boundary=b");
    request.putHeader("Expect", "100-continue");
    request.putHeader("Content-Length", Integer.toString(FORM.length() + END.length()));
    return request;
  }

  /** Returns once the server asks for the body. */
  private HttpClientRequest asked(int port) {
    HttpClientRequest request = begin(port);
    Promise<Void> wanted = Promise.promise();
    request.continueHandler(go -> wanted.complete());
    await(request.sendHead());
    await(wanted.future());
    return request;
  }

  @Test
  void whatFitsIsReadAndTheNextIsToldToComeAgain() {
    int port = serve(3L * (FORM.length() + END.length()));
    HttpClientRequest first = asked(port);
    HttpClientRequest second = begin(port);
    Future<HttpClientResponse> told = second.response();
    await(second.sendHead());
    HttpClientResponse refused = await(told);
    assertEquals(503, refused.statusCode());
    assertEquals("5", refused.getHeader("Retry-After"));
    Future<HttpClientResponse> answer = first.response();
    first.end(Buffer.buffer(FORM + END));
    assertEquals(202, await(answer).statusCode());
    asked(port);
  }

  @Test
  void oneAloneIsAlwaysRead() {
    asked(serve(1));
  }

  @Test
  void anUploadTakesTwiceItsLengthAndNoMoreThanTwoParts() {
    assertEquals(2_000, UploadRoom.needs("1000"));
    assertEquals(UploadRoom.EACH_BYTES_MAX, UploadRoom.needs("99999999999"));
    assertEquals(UploadRoom.EACH_BYTES_MAX, UploadRoom.needs(null));
    assertEquals(UploadRoom.EACH_BYTES_MAX, UploadRoom.needs("-1"));
  }
}
