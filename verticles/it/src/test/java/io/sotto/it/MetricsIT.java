package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.node.SottoNode;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node tells, the page that lists it, and the alerts and dashboards that ask for it. */
class MetricsIT {
  private static final Pattern MANAGEMENT = Pattern.compile("health and metrics +(http://[^/]+)/");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  @TempDir private static Path data;
  private static SottoNode node;
  private static MetricsPage page;
  private static Scrape atTheStart;
  private static Scrape afterOneJob;

  @BeforeAll
  static void transcribe() throws Exception {
    page = MetricsPage.read();
    node = Nodes.start(data, Map.of());
    Matcher told = MANAGEMENT.matcher(node.readyLines());
    assertTrue(told.find(), node.readyLines());
    Api management = new Api(URI.create(told.group(1)));
    atTheStart = scrape(management);
    HttpResponse<String> answer =
        new Api(node.url()).upload(Api.OPENAI, Recordings.JFK, Map.of("model", "whisper-1"));
    assertEquals(200, answer.statusCode(), answer.body());
    afterOneJob = whenAllIsTold(management);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static Scrape scrape(Api management) throws Exception {
    HttpResponse<String> answer = management.get("/metrics");
    assertEquals(200, answer.statusCode(), answer.body());
    return Scrape.of(answer.body());
  }

  /** A request is counted after its answer; what is missing in the end, the tests say. */
  private static Scrape whenAllIsTold(Api management) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Scrape now = scrape(management);
    while (!now.families().containsAll(page.rows().keySet()) && System.nanoTime() < deadline) {
      now = scrape(management);
    }
    return now;
  }

  @Test
  void thePageListsWhatANodeTellsAndNothingElse() {
    Set<String> unlisted = afterOneJob.families();
    unlisted.removeIf(page::ofLibrary);
    unlisted.removeAll(page.rows().keySet());
    assertEquals(Set.of(), unlisted);
    Set<String> untold = new TreeSet<>(page.rows().keySet());
    untold.removeAll(afterOneJob.families());
    assertEquals(Set.of(), untold);
  }

  @Test
  void ofLibrariesThePageListsWhatIsThere() {
    for (String prefix : page.ofLibraries()) {
      assertTrue(afterOneJob.families().stream().anyMatch(name -> name.startsWith(prefix)), prefix);
    }
  }

  @Test
  void typesAndLabelsAreThoseOfThePage() {
    page.rows()
        .forEach(
            (family, row) -> {
              assertEquals(afterOneJob.types().get(family), row.type(), family);
              assertEquals(afterOneJob.labels(family), row.labels(), family);
            });
  }

  @Test
  void whatIsNotMarkedIsThereFromTheStart() {
    Set<String> missing = page.fromTheStart();
    missing.removeAll(atTheStart.samples().keySet());
    missing.removeIf(family -> atTheStart.samples().containsKey(family + "_count"));
    assertEquals(Set.of(), missing);
  }

  @Test
  void alertsAskForWhatANodeTells() throws Exception {
    Set<String> asked = new TreeSet<>();
    for (JsonNode alert : MonitoringFiles.alerts()) {
      asked.addAll(MonitoringFiles.metrics(alert.path("expr").asText()));
    }
    assertTold(asked);
  }

  @Test
  void dashboardsAskForWhatANodeTells() throws Exception {
    for (Path dashboard : MonitoringFiles.dashboards()) {
      Set<String> asked = new TreeSet<>();
      MonitoringFiles.queries(dashboard)
          .forEach(query -> asked.addAll(MonitoringFiles.metrics(query)));
      assertTold(asked);
    }
  }

  private static void assertTold(Set<String> asked) {
    assertFalse(asked.isEmpty());
    asked.removeAll(afterOneJob.samples().keySet());
    assertEquals(Set.of(), asked);
  }
}
