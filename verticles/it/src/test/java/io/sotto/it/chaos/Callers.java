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
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/**
 * Clients of one address that take every call as it goes and make none again, in every way that the
 * API has: a job and looks at it, calls that wait for it, and its events. Counts what they were
 * told.
 */
final class Callers implements AutoCloseable {
  private static final String JOBS = "/api/v1/transcriptions";
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(90);
  private static final long LOOK_EVERY_MS = 150;
  private static final long AGAIN_MS = 250;
  private static final List<String> ENDS = List.of("completed", "failed", "cancelled");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI server;
  private final Recorder recorder;
  private final List<Sound> sounds;
  private final List<HttpClient> connections;
  private final List<Thread> clients = new ArrayList<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger comeAgain = new AtomicInteger();
  private final AtomicInteger resumed = new AtomicInteger();
  private final List<String> failed = new ArrayList<>();
  private volatile boolean stopping;

  /**
   * {@code comeAgain}: answers of 503 with {@code Retry-After}; {@code resumed}: streams that went
   * on in another connection; {@code failed}: everything else that is no success, in words.
   */
  record Tally(int requests, int comeAgain, int resumed, List<String> failed) {}

  Callers(URI server, SSLContext trust, Recorder recorder, List<Sound> sounds) {
    this.server = server;
    this.recorder = recorder;
    this.sounds = sounds;
    this.connections =
        Stream.of(HttpClient.Version.HTTP_1_1, HttpClient.Version.HTTP_2)
            .map(
                version ->
                    HttpClient.newBuilder()
                        .version(version)
                        .sslContext(trust)
                        .connectTimeout(CONNECT)
                        .build())
            .toList();
  }

  void start(int count, long seed) {
    for (int i = 0; i < count; i++) {
      Random choice = new Random(seed * 31 + i);
      HttpClient http = connections.get(i % connections.size());
      clients.add(Thread.ofVirtual().start(() -> ask(http, choice)));
    }
  }

  /** Asks for nothing more and waits {@code patienceMs} for what is open. */
  void stop(long patienceMs) throws InterruptedException {
    stopping = true;
    long end = System.nanoTime() + patienceMs * 1_000_000;
    for (Thread client : clients) {
      client.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
    }
  }

  synchronized Tally tally() {
    return new Tally(requests.get(), comeAgain.get(), resumed.get(), List.copyOf(failed));
  }

  private void ask(HttpClient http, Random choice) {
    try {
      while (!stopping) {
        Recorder.Asked one =
            recorder.asks(UUID.randomUUID().toString(), sounds.get(choice.nextInt(sounds.size())));
        switch (choice.nextInt(4)) {
          case 0 -> job(http, one);
          case 1 -> events(http, one);
          case 2 -> result(http, one);
          default -> sync(http, one);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void job(HttpClient http, Recorder.Asked one) throws InterruptedException {
    told(one, send(http, upload(one, JOBS, Map.of("sync", "false"))));
    look(http, one);
  }

  /** Waits for the result where that comes soon; a server that leaves may answer with the job. */
  private void sync(HttpClient http, Recorder.Asked one) throws InterruptedException {
    told(one, send(http, upload(one, JOBS, Map.of("sync", "true"))));
    look(http, one);
  }

  private void look(HttpClient http, Recorder.Asked one) throws InterruptedException {
    while (one.acked() && !one.ended()) {
      Pause.ms(LOOK_EVERY_MS);
      told(one, send(http, get(JOBS + "/" + one.id())));
    }
  }

  private void told(Recorder.Asked one, HttpResponse<Stream<String>> answer) {
    if (answer == null) {
      return;
    }
    JsonNode job = read(answer);
    if (!one.acked()) {
      recorder.acked(one, job.path("id").asText(), answer.statusCode());
    }
    String state = job.path("status").asText();
    if (ENDS.contains(state)) {
      recorder.ended(one, state, job.path(state.equals("completed") ? "text" : "error").asText());
    }
  }

  /** OpenAI's call. */
  private void result(HttpClient http, Recorder.Asked one) throws InterruptedException {
    HttpResponse<Stream<String>> answer =
        send(http, upload(one, "/v1/audio/transcriptions", Map.of("model", "whisper-1")));
    if (answer != null) {
      recorder.acked(one, answer.headers().firstValue("x-sotto-job").orElse(""), 200);
      recorder.ended(one, "completed", read(answer).path("text").asText());
    }
  }

  private void events(HttpClient http, Recorder.Asked one) throws InterruptedException {
    told(one, send(http, upload(one, JOBS, Map.of("sync", "false"))));
    String last = "";
    while (one.acked() && !one.ended()) {
      HttpRequest.Builder request = get(JOBS + "/" + one.id() + "/events");
      if (!last.isEmpty()) {
        request.header("Last-Event-ID", last);
      }
      last = follow(one, send(http, request), last);
      if (!one.ended()) {
        resumed.incrementAndGet();
        Pause.ms(AGAIN_MS);
      }
    }
  }

  /** Until the stream ends; gives the id that it had last. */
  private String follow(Recorder.Asked one, HttpResponse<Stream<String>> stream, String before) {
    String[] last = {before};
    if (stream == null) {
      return before;
    }
    try (Stream<String> lines = stream.body()) {
      lines.forEach(line -> event(one, line, last));
    } catch (RuntimeException cut) {
      fail("events of " + one.id() + " broke off: " + cut);
    }
    return last[0];
  }

  private void event(Recorder.Asked one, String line, String[] last) {
    if (line.startsWith("id: ")) {
      last[0] = line.substring(4);
    } else if (line.startsWith("data: ")) {
      JsonNode event = parse(line.substring(6));
      if (event.path("type").asText().equals("transcript.text.done")) {
        recorder.ended(one, "completed", event.path("text").asText());
      } else if (event.has("error")) {
        fail("events of " + one.id() + " ended with " + event);
        recorder.ended(one, "failed", event.toString());
      }
    }
  }

  private HttpRequest.Builder upload(Recorder.Asked one, String path, Map<String, String> fields) {
    return HttpRequest.newBuilder(server.resolve(path))
        .header("Content-Type", Upload.TYPE)
        .header("Idempotency-Key", one.key())
        .POST(BodyPublishers.ofByteArray(Upload.form(one.sound().wav(), fields)));
  }

  private HttpRequest.Builder get(String path) {
    return HttpRequest.newBuilder(server.resolve(path));
  }

  /** The answer where it is a success, null where it is not. */
  private HttpResponse<Stream<String>> send(HttpClient http, HttpRequest.Builder request)
      throws InterruptedException {
    requests.incrementAndGet();
    HttpRequest sent = request.timeout(ANSWER).build();
    String what = sent.method() + " " + sent.uri().getPath();
    try {
      HttpResponse<Stream<String>> answer = http.send(sent, BodyHandlers.ofLines());
      if (answer.statusCode() < 300) {
        return answer;
      }
      refused(what, answer);
    } catch (IOException cut) {
      fail(what + " (" + http.version() + "): " + cut);
    }
    Pause.ms(AGAIN_MS);
    return null;
  }

  private void refused(String what, HttpResponse<Stream<String>> answer) {
    String body = String.join("\n", text(answer));
    recorder.fault("refused " + what + ": " + answer.statusCode() + " " + body);
    if (answer.statusCode() == 503 && answer.headers().firstValue("Retry-After").isPresent()) {
      comeAgain.incrementAndGet();
    } else {
      fail(what + ": " + answer.statusCode() + " " + body);
    }
  }

  private synchronized void fail(String what) {
    recorder.fault("failed " + what);
    failed.add(what);
  }

  private static List<String> text(HttpResponse<Stream<String>> answer) {
    try (Stream<String> lines = answer.body()) {
      return lines.toList();
    }
  }

  private static JsonNode read(HttpResponse<Stream<String>> answer) {
    return parse(String.join("\n", text(answer)));
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new AssertionError("no JSON: " + json, e);
    }
  }

  @Override
  public void close() {
    stopping = true;
    connections.forEach(HttpClient::shutdownNow);
  }
}
