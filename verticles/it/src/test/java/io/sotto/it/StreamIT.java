package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sotto.node.SottoNode;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten minutes of real speech, streamed while they are transcribed. */
class StreamIT {
  private static final int SPEECHES = 51;
  private static final ObjectMapper JSON = new ObjectMapper();
  @TempDir private static Path data;
  @TempDir private Path folder;
  private static SottoNode node;
  private static Api api;
  private volatile long lastByteNanos;

  @BeforeAll
  static void start() throws Exception {
    node = Nodes.start(data, Map.of());
    api = new Api(node.url());
    // the model is loaded, its code is warm
    assertEquals(200, api.upload(Api.OPENAI, Recordings.JFK, Map.of()).statusCode());
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private record Event(String id, JsonNode data, long nanos) {
    boolean delta() {
      return data.path("type").asText().equals("transcript.text.delta");
    }
  }

  /** Notes when its last byte was taken. */
  private InputStream noted(Path file) {
    try {
      return new FilterInputStream(Files.newInputStream(file)) {
        @Override
        public int read(byte[] into, int at, int length) throws IOException {
          int n = super.read(into, at, length);
          if (n < 0) {
            lastByteNanos = System.nanoTime();
          }
          return n;
        }
      };
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Event> events(Stream<String> lines) throws IOException {
    List<Event> events = new ArrayList<>();
    String id = "";
    for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
      String line = each.next();
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("data: ")) {
        events.add(new Event(id, JSON.readTree(line.substring(6)), System.nanoTime()));
      }
    }
    return events;
  }

  private static String text(List<Event> events) {
    return events.stream()
        .filter(Event::delta)
        .map(event -> event.data.path("delta").asText())
        .collect(Collectors.joining());
  }

  @Test
  void tenMinutesAreReadWhileTheyAreTranscribed() throws Exception {
    Path tenMinutes = Recordings.repeated(folder.resolve("ten.wav"), SPEECHES, 765);
    HttpResponse<Stream<String>> answer =
        api.stream(
            Api.OPENAI,
            BodyPublishers.ofInputStream(() -> noted(tenMinutes)),
            Map.of("stream", "true", "language", "en"));
    assertEquals(200, answer.statusCode());
    List<Event> events = events(answer.body());
    Event done = events.getLast();
    double first = (events.getFirst().nanos - lastByteNanos) / 1e9;
    double all = (done.nanos - lastByteNanos) / 1e9;
    System.out.printf("first delta %.2f s after the last byte, all of it %.1f s%n", first, all);
    assertTrue(first < all / 2, "first delta after " + first + " s of " + all);

    String job = answer.headers().firstValue("x-sotto-job").orElseThrow();
    String text = done.data.path("text").asText();
    assertEquals("transcript.text.done", done.data.path("type").asText());
    assertTrue(events.size() >= 20, "events: " + events.size());
    assertEquals(text, text(events));
    JsonNode json = Api.json(api.get(Api.JOBS + "/" + job + "/download?format=json"));
    assertEquals(json.path("text").asText(), text);
    assertEquals(text, segments(job).strip());
    assertEquals(SPEECHES, text.split("fellow Americans", -1).length - 1);

    Event middle = events.get(events.size() / 2);
    String path = Api.JOBS + "/" + job + "/events";
    List<Event> rest = events(api.get(path, "Last-Event-ID", middle.id).body().lines());
    List<Event> missed = events.subList(events.size() / 2 + 1, events.size());
    assertEquals(text(missed), text(rest));
    assertEquals(done.data, rest.getLast().data);
    assertEquals(done.id, rest.getLast().id);
  }

  private static String segments(String job) throws Exception {
    StringBuilder text = new StringBuilder();
    String path = Api.JOBS + "/" + job + "/download?format=verbose_json";
    Api.json(api.get(path)).path("segments").forEach(s -> text.append(s.path("text").asText()));
    return text.toString();
  }
}
