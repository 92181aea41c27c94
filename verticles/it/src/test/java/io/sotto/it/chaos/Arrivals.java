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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Clients who come when they come, however many are there already, and go away when they are
 * refused. Every third one makes OpenAI's call, which waits for its text and bears no key; the
 * others leave a job, under a key, and come back for it.
 */
final class Arrivals implements AutoCloseable {
  private static final String JOBS = "/api/v1/transcriptions";
  private static final String OPENAI = "/v1/audio/transcriptions";
  private static final int JOBS_OF_THREE = 2;
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofMinutes(5);
  private static final long LOOK_EVERY_MS = 500;
  private static final List<String> ENDS = List.of("completed", "failed", "cancelled");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).build();
  private final Supplier<List<URI>> servers;
  private final List<String> keys;
  private final Recorder recorder;
  private final List<Sound> mix;
  private final List<Thread> visits = new ArrayList<>();
  private final Map<Integer, Integer> refusals = new HashMap<>();
  private final List<Double> refusedMs = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();
  private int taken;
  private volatile boolean givenUp;

  /**
   * {@code refusals}: of each status, those that say when to come again; {@code refusedMs}: how
   * long these took; {@code errors}: everything else that is no success, in words.
   */
  record Told(
      int offered,
      int taken,
      Map<Integer, Integer> refusals,
      List<Double> refusedMs,
      List<String> errors) {}

  /**
   * Each arrival is of one of the tenants whose {@code keys} these are, with one of {@code mix}.
   */
  Arrivals(Supplier<List<URI>> servers, List<String> keys, Recorder recorder, List<Sound> mix) {
    this.servers = servers;
    this.keys = keys;
    this.recorder = recorder;
    this.mix = mix;
  }

  /** {@code perSecond} on average, by chance as people come, for {@code seconds}. */
  void come(double perSecond, double seconds, long seed) {
    Random chance = new Random(seed);
    long begun = System.nanoTime();
    double at = 0;
    while (true) {
      at -= Math.log(1 - chance.nextDouble()) / perSecond;
      if (at > seconds) {
        break;
      }
      Pause.ms((long) (at * 1000) - (System.nanoTime() - begun) / 1_000_000);
      Sound sound = mix.get(chance.nextInt(mix.size()));
      String key = keys.get(chance.nextInt(keys.size()));
      boolean job = chance.nextInt(3) < JOBS_OF_THREE;
      visits.add(Thread.ofVirtual().start(() -> visit(sound, key, job)));
    }
    Pause.ms((long) (seconds * 1000) - (System.nanoTime() - begun) / 1_000_000);
  }

  private void visit(Sound sound, String key, boolean job) {
    Recorder.Asked one = recorder.asks(UUID.randomUUID().toString(), sound);
    try {
      if (job) {
        job(one, key);
      } else {
        text(one, key);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void job(Recorder.Asked one, String key) throws InterruptedException {
    HttpRequest.Builder upload =
        upload(JOBS, one, Map.of("sync", "false")).header("Idempotency-Key", one.key());
    HttpResponse<String> answer = send(upload, key, true);
    if (answer == null) {
      return;
    }
    recorder.acked(one, read(answer).path("id").asText(), answer.statusCode());
    while (!one.ended() && !givenUp) {
      Pause.ms(LOOK_EVERY_MS);
      HttpResponse<String> looked = send(request(JOBS + "/" + one.id()), key, false);
      JsonNode job = looked == null ? JSON.createObjectNode() : read(looked);
      String state = job.path("status").asText();
      if (ENDS.contains(state)) {
        String of = state.equals("completed") ? "text" : "error";
        recorder.ended(one, state, job.path(of).asText());
      }
    }
  }

  private void text(Recorder.Asked one, String key) throws InterruptedException {
    HttpResponse<String> answer =
        send(upload(OPENAI, one, Map.of("model", "whisper-1")), key, true);
    if (answer != null) {
      String id = answer.headers().firstValue("x-sotto-job").orElse("");
      recorder.acked(one, id, answer.statusCode());
      recorder.ended(one, "completed", read(answer).path("text").asText());
    }
  }

  private HttpRequest.Builder upload(String path, Recorder.Asked one, Map<String, String> fields) {
    return request(path)
        .header("Content-Type", Upload.TYPE)
        .POST(BodyPublishers.ofByteArray(Upload.form(one.sound().wav(), fields)));
  }

  private HttpRequest.Builder request(String path) {
    List<URI> there = servers.get();
    int any = Math.floorMod(UUID.randomUUID().hashCode(), there.size());
    return HttpRequest.newBuilder(there.get(any).resolve(path)).timeout(ANSWER);
  }

  /** The answer where it is a success; what is none is counted. */
  private HttpResponse<String> send(HttpRequest.Builder request, String key, boolean arrives)
      throws InterruptedException {
    HttpRequest sent = request.header("Authorization", "Bearer " + key).build();
    long begun = System.nanoTime();
    try {
      HttpResponse<String> answer = http.send(sent, BodyHandlers.ofString());
      count(sent, answer, arrives, (System.nanoTime() - begun) / 1e6);
      return answer.statusCode() < 300 ? answer : null;
    } catch (IOException cut) {
      fail(sent.method() + " " + sent.uri().getPath() + ": " + cut);
      return null;
    }
  }

  private synchronized void count(
      HttpRequest sent, HttpResponse<String> answer, boolean arrives, double ms) {
    int status = answer.statusCode();
    boolean told = answer.headers().firstValue("Retry-After").isPresent();
    if (status < 300) {
      taken += arrives ? 1 : 0;
    } else if ((status == 429 || status == 503) && told && arrives) {
      refusals.merge(status, 1, Integer::sum);
      refusedMs.add(ms);
    } else {
      fail(sent.method() + " " + sent.uri().getPath() + ": " + status + " " + answer.body());
    }
  }

  private synchronized void fail(String what) {
    recorder.fault("failed " + what);
    errors.add(what);
  }

  private static JsonNode read(HttpResponse<String> answer) {
    try {
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError("an answer that is no JSON: " + answer.body(), e);
    }
  }

  /** Waits {@code patienceMs} for those who were let in; gives how long that took. */
  long gone(long patienceMs) throws InterruptedException {
    long begun = System.nanoTime();
    for (Thread visit : visits) {
      long spentMs = (System.nanoTime() - begun) / 1_000_000;
      visit.join(Duration.ofMillis(Math.max(1, patienceMs - spentMs)));
    }
    givenUp = true;
    return (System.nanoTime() - begun) / 1_000_000;
  }

  synchronized Told told() {
    return new Told(
        visits.size(),
        taken,
        Map.copyOf(refusals),
        refusedMs.stream().sorted().toList(),
        List.copyOf(errors));
  }

  @Override
  public void close() {
    givenUp = true;
    http.shutdownNow();
  }
}
