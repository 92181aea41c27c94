package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Answers that need no inference stay quick while all cores transcribe, and no event loop is ever
 * held up: 1,000 requests a minute, each timed from the moment it was due. A machine that does
 * nothing else is held to {@code -Dsotto.latency.p95-ms=50}.
 */
@Tag("alone")
class LatencyIT {
  private static final long P95_MS_MAX = Long.getLong("sotto.latency.p95-ms", 250);
  private static final int REQUESTS = 333;
  private static final long EVERY_MS = 60;
  private static final int WARMING = 60;
  private static final String JOB = Api.JOBS + "/ID";
  private static final int JOBS = 4;
  private static final int TIMES_JFK = 60;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  @TempDir private Path data;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private WatchedNode node;
  private Api api;

  /** A request's answer, and the milliseconds from when it was due to when it was there. */
  private record Timed(int status, double ms, URI uri) {}

  @BeforeEach
  void start() throws Exception {
    node = new WatchedNode(data, Map.of());
    api = new Api(node.url());
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private List<String> work() throws Exception {
    Path long11Minutes = Recordings.repeated(data.resolve("long.wav"), TIMES_JFK, 100);
    List<String> jobs = new ArrayList<>();
    for (int i = 0; i < JOBS; i++) {
      HttpResponse<String> answer = api.upload(Api.JOBS, long11Minutes, Map.of("language", "en"));
      assertEquals(202, answer.statusCode(), answer.body());
      jobs.add(Api.json(answer).path("id").asText());
    }
    api.await(jobs.getFirst(), job -> job.path("progress").asInt() > 0);
    return jobs;
  }

  private List<URI> routes(String job) throws Exception {
    List<URI> routes = new ArrayList<>();
    List<String> paths =
        List.of(
            "/v1/models",
            "/openapi.yaml",
            "/api/v1/health",
            "/api/v1/models/preview?duration=60",
            Api.JOBS + "?limit=20",
            JOB,
            JOB + "/chunks");
    for (String path : paths) {
      routes.add(node.url().resolve(path.replace("ID", job)));
    }
    for (String path : List.of("/health/ready", "/health/live")) {
      routes.add(node.management().resolve(path));
    }
    return routes;
  }

  private CompletableFuture<Timed> ask(URI uri, long due) {
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
    return http.sendAsync(request, BodyHandlers.ofString())
        .thenApply(answer -> new Timed(answer.statusCode(), (System.nanoTime() - due) / 1e6, uri));
  }

  private List<Timed> measure(List<URI> routes) throws Exception {
    for (int i = 0; i < WARMING; i++) {
      ask(routes.get(i % routes.size()), System.nanoTime()).get();
    }
    node.blocked(); // those of its start are not asked about
    List<CompletableFuture<Timed>> asked = new ArrayList<>();
    try (ScheduledExecutorService clock = Executors.newScheduledThreadPool(1)) {
      long begun = System.nanoTime();
      for (int i = 0; i < REQUESTS; i++) {
        long due = begun + TimeUnit.MILLISECONDS.toNanos(i * EVERY_MS);
        URI uri = routes.get(i % routes.size());
        CompletableFuture<Timed> timed = new CompletableFuture<>();
        asked.add(timed);
        clock.schedule(
            () ->
                ask(uri, due)
                    .whenComplete(
                        (answer, failure) -> {
                          if (failure == null) {
                            timed.complete(answer);
                          } else {
                            timed.completeExceptionally(failure);
                          }
                        }),
            due - System.nanoTime(),
            TimeUnit.NANOSECONDS);
      }
    }
    List<Timed> all = new ArrayList<>();
    for (CompletableFuture<Timed> each : asked) {
      all.add(each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }
    return all;
  }

  private static double percentile(List<Timed> all, double share) {
    List<Double> sorted = all.stream().map(Timed::ms).sorted().toList();
    return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
  }

  @Test
  void answersAreQuickWhileAllCoresTranscribe() throws Exception {
    List<String> jobs = work();
    List<Timed> all = measure(routes(jobs.getFirst()));
    assertFalse(Api.ended(api.job(jobs.getLast())), "there was work to the end");
    double p95 = percentile(all, 0.95);
    String figures =
        "%d requests at 1000 a minute, all cores transcribing: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms"
            .formatted(all.size(), percentile(all, 0.5), p95, percentile(all, 0.99));
    System.out.println(figures);
    assertEquals(
        List.of(), all.stream().filter(each -> each.status != 200).toList(), "all were answered");
    assertEquals(List.of(), node.blocked(), "no event loop was held up");
    assertTrue(p95 < P95_MS_MAX, figures);
  }
}
