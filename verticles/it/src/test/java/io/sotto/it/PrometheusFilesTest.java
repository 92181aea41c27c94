package io.sotto.it;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of {@code conf/monitoring}: valid, and in step with each other and with their page. */
class PrometheusFilesTest {
  private static final String PAGE = "docs/operations/monitoring.md";
  private static final Pattern HEADING = Pattern.compile("(?m)^### (Sotto\\w+)$");

  private static Set<String> alerts() throws IOException {
    Set<String> names = new TreeSet<>();
    for (JsonNode alert : MonitoringFiles.alerts()) {
      assertTrue(names.add(alert.path("alert").asText()), alert::toString);
    }
    assertFalse(names.isEmpty());
    return names;
  }

  /** What only the real program can say. */
  @Nested
  class ByPromtool {
    @TempDir private Path folder;
    private Path log;

    @BeforeEach
    void need() {
      assumeTrue(Promtool.program().isPresent(), Promtool.MISSING);
      log = folder.resolve("promtool.log");
    }

    @Test
    void theConfigurationIsValid() throws Exception {
      String said = Promtool.run(log, "check", "config", "prometheus.yml");
      assertTrue(said.contains("SUCCESS: " + alerts().size() + " rules found"), said);
    }

    @Test
    void theRulesAreValid() throws Exception {
      String said = Promtool.run(log, "check", "rules", "alerts.yml");
      assertTrue(said.contains("SUCCESS: " + alerts().size() + " rules found"), said);
    }

    @Test
    void everyAlertFiresWhenItShouldAndNotWhenItShouldNot() throws Exception {
      String said = Promtool.run(log, "test", "rules", "alerts-test.yml");
      assertTrue(said.contains("SUCCESS"), said);
    }

    @Test
    void everyQueryOfTheDashboardsIsValid() throws Exception {
      List<Map<String, String>> rules = new ArrayList<>();
      for (Path dashboard : MonitoringFiles.dashboards()) {
        for (String query : MonitoringFiles.queries(dashboard)) {
          String expression = query.replace("$__rate_interval", "1m");
          rules.add(Map.of("record", "query:" + rules.size(), "expr", expression));
        }
      }
      Path file = folder.resolve("queries.yml");
      Map<String, Object> group = Map.of("name", "dashboards", "rules", rules);
      new ObjectMapper().writeValue(file.toFile(), Map.of("groups", List.of(group)));
      String said = Promtool.run(log, "check", "rules", file.toString());
      assertTrue(said.contains("SUCCESS: " + rules.size() + " rules found"), said);
    }
  }

  @Test
  void metricsOfAnExpressionAreFound() {
    String expression =
        "histogram_quantile(0.9, sum by (le, a) (rate(x_bucket{b=~\"c|d\"}[$__rate_interval])))"
            + " > 1 and on() clamp_min(max (y), 0.1) == 1 or up == z:w";
    assertEquals(Set.of("x_bucket", "y", "z:w"), MonitoringFiles.metrics(expression));
  }

  @Test
  void everyAlertIsTriedBothWays() throws Exception {
    Set<String> wanted = new TreeSet<>();
    for (String alert : alerts()) {
      wanted.add(alert + " fires");
      wanted.add(alert + " stays quiet");
    }
    Set<String> tried = new TreeSet<>();
    for (JsonNode test :
        MonitoringFiles.read(MonitoringFiles.FOLDER.resolve("alerts-test.yml")).path("tests")) {
      assertTrue(tried.add(test.path("name").asText()), test::toString);
    }
    assertEquals(wanted, tried);
  }

  @Test
  void everyAlertNamesItsPlaceOnThePage() throws Exception {
    Set<String> headings =
        HEADING
            .matcher(Files.readString(Recordings.HOME.resolve(PAGE)))
            .results()
            .map(heading -> heading.group(1))
            .collect(toCollection(TreeSet::new));
    assertEquals(alerts(), headings);
    for (JsonNode alert : MonitoringFiles.alerts()) {
      String place = PAGE + "#" + alert.path("alert").asText().toLowerCase();
      assertEquals(place, alert.path("annotations").path("runbook_url").asText());
    }
  }

  @Test
  void alertmanagerKnowsTheAlertsAndReceiversThatItNames() throws Exception {
    JsonNode file = MonitoringFiles.read(MonitoringFiles.FOLDER.resolve("alertmanager.yml"));
    Set<String> receivers = new HashSet<>();
    file.path("receivers").forEach(receiver -> receivers.add(receiver.path("name").asText()));
    for (JsonNode name : file.path("route").findValues("receiver")) {
      assertTrue(receivers.contains(name.asText()), name::toString);
    }
    Set<String> named =
        Pattern.compile("Sotto\\w+")
            .matcher(file.path("inhibit_rules").toString())
            .results()
            .map(name -> name.group())
            .collect(toCollection(TreeSet::new));
    assertFalse(named.isEmpty());
    named.removeAll(alerts());
    assertEquals(Set.of(), named);
  }

  @Test
  void dashboardsAskTheProvisionedSource() throws Exception {
    Path provisioning = MonitoringFiles.GRAFANA.resolve("provisioning");
    JsonNode source =
        MonitoringFiles.read(provisioning.resolve("datasources/prometheus.yml"))
            .path("datasources")
            .path(0);
    Set<String> uids = new HashSet<>();
    for (Path file : MonitoringFiles.dashboards()) {
      JsonNode dashboard = MonitoringFiles.read(file);
      assertTrue(uids.add(dashboard.path("uid").asText()), file::toString);
      assertFalse(MonitoringFiles.queries(file).isEmpty(), file::toString);
      for (JsonNode asked : dashboard.path("panels").findValues("datasource")) {
        assertEquals(source.path("uid"), asked.path("uid"), file::toString);
      }
    }
    assertEquals(Set.of("sotto-api", "sotto-workers", "sotto-queue", "sotto-database"), uids);
  }
}
