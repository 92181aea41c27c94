package io.sotto.it.chaos;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** Asks every server for its list of jobs, several times a second, and counts what is answered. */
final class ApiProbe implements AutoCloseable {
  private static final String LIST = "/api/v1/transcriptions?limit=1";
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final long EVERY_MS = 200;
  private static final double PERCENT = 100;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(ANSWER).build();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private volatile boolean stopping;

  private ApiProbe() {}

  static ApiProbe start(List<URI> servers) {
    ApiProbe probe = new ApiProbe();
    for (URI server : servers) {
      Thread.ofVirtual().start(() -> probe.ask(server.resolve(LIST)));
    }
    return probe;
  }

  private void ask(URI list) {
    try {
      while (!stopping) {
        boolean good = good(list);
        asked.incrementAndGet();
        answered.addAndGet(good ? 1 : 0);
        Pause.ms(EVERY_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean good(URI list) throws InterruptedException {
    try {
      HttpRequest request = HttpRequest.newBuilder(list).timeout(ANSWER).build();
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException noAnswer) {
      return false;
    }
  }

  String words() {
    return String.format(
        Locale.ROOT,
        "%.2f %% of %d",
        PERCENT * answered.get() / Math.max(1, asked.get()),
        asked.get());
  }

  @Override
  public void close() {
    stopping = true;
    http.close(); // once the calls under way are over
  }
}
