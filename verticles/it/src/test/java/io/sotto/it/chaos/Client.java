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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A client as it should be written: an idempotency key with every upload, and a call that failed is
 * made again, at another server.
 */
final class Client implements AutoCloseable {
  private static final String JOBS = "/api/v1/transcriptions";
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(6);
  private static final long AGAIN_MS = 200;
  private static final ObjectMapper JSON = new ObjectMapper();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).build();
  private final Supplier<List<URI>> servers;
  private final Recorder recorder;
  private final String key;
  private final Map<String, String> fields;
  private final AtomicInteger turn = new AtomicInteger();

  Client(Supplier<List<URI>> servers, Recorder recorder) {
    this(servers, recorder, "", Map.of());
  }

  /** One that names {@code key}, of a tenant's, where there is one. */
  Client(Supplier<List<URI>> servers, Recorder recorder, String key) {
    this(servers, recorder, key, Map.of());
  }

  /** {@code fields} come with every upload. */
  Client(Supplier<List<URI>> servers, Recorder recorder, Map<String, String> fields) {
    this(servers, recorder, "", fields);
  }

  private Client(
      Supplier<List<URI>> servers, Recorder recorder, String key, Map<String, String> fields) {
    this.servers = servers;
    this.recorder = recorder;
    this.key = key;
    this.fields = fields;
  }

  /** Uploads until a server has taken it on, or {@code patienceMs} is over. */
  void submit(Recorder.Asked one, long patienceMs) throws InterruptedException {
    byte[] form = form(one);
    long end = System.nanoTime() + patienceMs * 1_000_000;
    upload(one, form);
    while (!one.acked() && System.nanoTime() < end) {
      Pause.ms(AGAIN_MS);
      upload(one, form);
    }
  }

  /** Uploads it once more, as a client does that has lost the answer; it must be met again. */
  void repeat(Recorder.Asked one) throws InterruptedException {
    upload(one, form(one));
  }

  private byte[] form(Recorder.Asked one) {
    Map<String, String> all = new HashMap<>(fields);
    all.put("sync", "false");
    return Upload.form(one.sound().wav(), all);
  }

  private void upload(Recorder.Asked one, byte[] form) throws InterruptedException {
    HttpResponse<String> answer =
        call(
            server ->
                HttpRequest.newBuilder(server.resolve(JOBS))
                    .header("Content-Type", Upload.TYPE)
                    .header("Idempotency-Key", one.key())
                    .POST(BodyPublishers.ofByteArray(form)));
    if (answer != null && (answer.statusCode() == 202 || answer.statusCode() == 200)) {
      recorder.acked(one, read(answer).path("id").asText(), answer.statusCode());
    } else {
      judge(one, answer);
    }
  }

  /** A server that is in trouble may say so, with 5xx; what is a client's mistake it must know. */
  private void judge(Recorder.Asked one, HttpResponse<String> answer) {
    if (answer != null && answer.statusCode() < 500 && answer.statusCode() != 429) {
      recorder.surprise(
          "key " + one.key() + " was refused: " + answer.statusCode() + " " + answer.body());
    }
  }

  /** Asks once how the job stands; records its end. */
  void look(Recorder.Asked one) throws InterruptedException {
    HttpResponse<String> answer =
        call(server -> HttpRequest.newBuilder(server.resolve(JOBS + "/" + one.id())));
    if (answer == null || answer.statusCode() != 200) {
      if (answer != null && answer.statusCode() == 404) {
        recorder.surprise("id " + one.id() + " was acknowledged and is not known any more");
      }
      return;
    }
    JsonNode job = read(answer);
    String state = job.path("status").asText();
    if (List.of("completed", "failed", "cancelled").contains(state)) {
      String reason = job.path("error").path("message").asText();
      recorder.ended(one, state, state.equals("completed") ? job.path("text").asText() : reason);
    }
  }

  /** The chunks of a job that has ended: start, end and text of each. */
  JsonNode chunks(Recorder.Asked one) throws InterruptedException {
    HttpResponse<String> answer =
        call(server -> HttpRequest.newBuilder(server.resolve(JOBS + "/" + one.id() + "/chunks")));
    return answer == null ? JSON.createObjectNode() : read(answer).path("data");
  }

  private static JsonNode read(HttpResponse<String> answer) {
    try {
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError("an answer that is no JSON: " + answer.body(), e);
    }
  }

  private interface Ask {
    HttpRequest.Builder of(URI server);
  }

  /** One call to the next server; null when there was no answer. */
  private HttpResponse<String> call(Ask ask) throws InterruptedException {
    List<URI> there = servers.get();
    if (there.isEmpty()) {
      Pause.ms(AGAIN_MS);
      return null;
    }
    URI server = there.get(Math.floorMod(turn.getAndIncrement(), there.size()));
    try {
      HttpRequest.Builder request = ask.of(server).timeout(ANSWER);
      if (!key.isEmpty()) {
        request.header("Authorization", "Bearer " + key);
      }
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException noAnswer) {
      return null;
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
