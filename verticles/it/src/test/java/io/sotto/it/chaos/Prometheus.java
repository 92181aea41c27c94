package io.sotto.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sotto.it.Programs;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The real program, which reads nodes and judges rules every second. */
final class Prometheus implements AutoCloseable {
  static final String MISSING =
      "prometheus is not installed (apt-get install prometheus): no alert fired here";
  private static final long READY_MS = 30_000;
  private static final long LOOK_MS = 200;
  private static final long END_S = 20;
  private static final Duration ANSWER = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final String url;
  private final HttpClient http = HttpClient.newHttpClient();

  private Prometheus(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  /** The program, where this machine has it. */
  static Optional<Path> program() {
    String path = System.getenv("PATH") + ":/usr/local/bin";
    return Stream.of(path.split(":"))
        .map(folder -> Path.of(folder, "prometheus"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Reads {@code targets} under the job that the alerts ask for; {@code rules} lies beside. */
  static Prometheus start(Path folder, List<String> targets, String rules) throws Exception {
    Map<String, Object> config =
        Map.of(
            "global",
            Map.of("scrape_interval", "1s", "scrape_timeout", "1s", "evaluation_interval", "1s"),
            "rule_files",
            List.of(rules),
            "scrape_configs",
            List.of(
                Map.of(
                    "job_name", "sotto", "static_configs", List.of(Map.of("targets", targets)))));
    Path file = folder.resolve("prometheus.yml");
    JSON.writeValue(file.toFile(), config);
    String address = "127.0.0.1:" + Programs.freePort();
    Process process =
        new ProcessBuilder(
                program().orElseThrow(() -> new IllegalStateException(MISSING)).toString(),
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("prometheus"),
                "--web.listen-address=" + address)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("prometheus.log").toFile())
            .start();
    Prometheus started = new Prometheus(process, "http://" + address);
    started.ready();
    return started;
  }

  private void ready() throws Exception {
    long end = System.nanoTime() + READY_MS * 1_000_000;
    while (System.nanoTime() < end) {
      try {
        if (get("/-/ready").statusCode() == 200) {
          return;
        }
      } catch (IOException notYet) {
        // it listens soon
      }
      Pause.ms(LOOK_MS);
    }
    close();
    throw new IllegalStateException("prometheus is not ready after " + READY_MS + " ms");
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + path)).timeout(ANSWER).build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode data(String path) throws IOException, InterruptedException {
    JsonNode answer = JSON.readTree(get(path).body());
    if (!answer.path("status").asText().equals("success")) {
      throw new IllegalStateException(path + ": " + answer);
    }
    return answer.path("data");
  }

  /** The names of the alerts that fire now. */
  Set<String> firing() throws IOException, InterruptedException {
    Set<String> names = new TreeSet<>();
    for (JsonNode alert : data("/api/v1/alerts").path("alerts")) {
      if (alert.path("state").asText().equals("firing")) {
        names.add(alert.path("labels").path("alertname").asText());
      }
    }
    return names;
  }

  /** How many of the targets can be read. */
  int up() throws IOException, InterruptedException {
    JsonNode result = data("/api/v1/query?query=" + encoded("sum(up)")).path("result");
    return result.path(0).path("value").path(1).asInt();
  }

  /** Whether {@code query} has a number, at any time from then until now. */
  boolean hasData(String query, long fromS, long toS) throws IOException, InterruptedException {
    String range = "&start=" + fromS + "&end=" + toS + "&step=1";
    JsonNode series = data("/api/v1/query_range?query=" + encoded(query) + range).path("result");
    for (JsonNode one : series) {
      for (JsonNode sample : one.path("values")) {
        if (!sample.path(1).asText().equals("NaN")) {
          return true;
        }
      }
    }
    return false;
  }

  private static String encoded(String query) {
    return URLEncoder.encode(query, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    http.close();
    Programs.end(process, END_S);
  }
}
