package io.sotto.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Clients that go on whatever they are answered: one job after the other, or one upon the other.
 */
final class Askers implements AutoCloseable {
  private static final String JOBS = "/api/v1/transcriptions";
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final long AGAIN_MS = 200;
  private static final ObjectMapper JSON = new ObjectMapper();
  private final HttpClient http = HttpClient.newHttpClient();
  private final Supplier<List<URI>> servers;
  private final Queue<String> jobs = new ConcurrentLinkedQueue<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopping;

  Askers(Supplier<List<URI>> servers) {
    this.servers = servers;
  }

  /** Each has one job of {@code bursts} chunks at a time, and looks at it until it has ended. */
  void oneAfterTheOther(int count, int bursts) {
    for (int i = 0; i < count; i++) {
      threads.add(Thread.ofVirtual().start(() -> work(bursts, true)));
    }
  }

  /** Uploads without waiting for any. */
  void oneUponTheOther(int bursts) {
    threads.add(Thread.ofVirtual().start(() -> work(bursts, false)));
  }

  private void work(int bursts, boolean wait) {
    try {
      while (!stopping) {
        String job = submit(Sound.slow(turn.get(), bursts));
        while (wait && !job.isEmpty() && !stopping && open(job)) {
          Pause.ms(AGAIN_MS);
        }
        Pause.ms(AGAIN_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Empty where it was refused. */
  private String submit(Sound sound) throws InterruptedException {
    HttpRequest.Builder post =
        HttpRequest.newBuilder()
            .header("Content-Type", Upload.TYPE)
            .POST(BodyPublishers.ofByteArray(Upload.form(sound.wav(), Map.of("sync", "false"))));
    String id = send(JOBS, post).path("id").asText();
    if (!id.isEmpty()) {
      jobs.add(id);
    }
    return id;
  }

  private boolean open(String job) throws InterruptedException {
    String status = send(JOBS + "/" + job, HttpRequest.newBuilder()).path("status").asText();
    return !List.of("completed", "failed", "cancelled").contains(status);
  }

  private JsonNode send(String path, HttpRequest.Builder request) throws InterruptedException {
    List<URI> all = servers.get();
    URI server = all.get(turn.getAndIncrement() % all.size());
    try {
      HttpResponse<String> answer =
          http.send(
              request.uri(server.resolve(path)).timeout(ANSWER).build(), BodyHandlers.ofString());
      return JSON.readTree(answer.body());
    } catch (IOException unanswered) {
      return JSON.createObjectNode();
    }
  }

  /** Ends what was asked for and has not ended. */
  void cancelAll() throws InterruptedException {
    for (String job = jobs.poll(); job != null; job = jobs.poll()) {
      send(JOBS + "/" + job + "/cancel", HttpRequest.newBuilder().POST(BodyPublishers.noBody()));
    }
  }

  /** Asks for nothing more. */
  void stop() throws InterruptedException {
    stopping = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Override
  public void close() {
    stopping = true;
    http.close();
  }
}
