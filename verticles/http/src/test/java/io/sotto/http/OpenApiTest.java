package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sotto.protocol.ClusterBus;
import io.sotto.protocol.FailureCode;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map.Entry;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The description of the API is whole, valid, and says what is served and nothing else. */
class OpenApiTest {
  private static final Path HOME = Path.of(System.getProperty("sotto.home"));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectNode DOCUMENT = OpenApi.document(Set.of());
  private static Vertx vertx;
  private static HttpVerticle http;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 1000, Duration.ofMillis(300), "base")
            .with(Set.of(Shim.values()));
    http =
        new HttpVerticle(options, new FakeJobStore(), new FakeAudioStore(), ClusterBus.open(vertx));
    await(vertx.deployVerticle(http));
  }

  @AfterAll
  static void stop() {
    await(vertx.close());
  }

  @Test
  void everyRouteIsDescribedAndNoOther() {
    Set<String> served = new TreeSet<>();
    for (Route route : http.router().getRoutes()) {
      if (route.getPath() != null) {
        String path = route.getPath().replaceAll(":(\\w+)", "{$1}");
        route.methods().forEach(method -> served.add(method + " " + path));
      }
    }
    Set<String> described = new TreeSet<>();
    Described.operations(DOCUMENT).forEach(each -> described.add(each.name()));
    assertEquals(described, served);
    assertTrue(served.size() >= 13, served::toString);
  }

  @Test
  void itIsAnOpenApiDocument() {
    Schemas.assertOpenApi(vertx, DOCUMENT);
    ObjectNode wrong = DOCUMENT.deepCopy();
    wrong.withObject("/paths/~1openapi.yaml/get").put("summary", 7);
    assertThrows(AssertionError.class, () -> Schemas.assertOpenApi(vertx, wrong));
  }

  @Test
  void itsVersionIsTheProducts() throws IOException {
    String version = DOCUMENT.path("info").path("version").asText();
    String pom = Files.readString(HOME.resolve("pom.xml"));
    assertTrue(
        pom.contains("<artifactId>sotto</artifactId>\n  <version>" + version + "<"), version);
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    List<String> lost = new ArrayList<>();
    int[] all = {0};
    Described.walk(
        DOCUMENT,
        node -> {
          if (node.path("$ref").isTextual()) {
            all[0]++;
            String to = node.path("$ref").asText();
            if (!to.startsWith("#/") || DOCUMENT.at(to.substring(1)).isMissingNode()) {
              lost.add(to);
            }
          }
        });
    assertEquals(List.of(), lost);
    assertTrue(all[0] > 50);
  }

  @Test
  void everyComponentIsUsed() {
    String text = DOCUMENT.toString();
    for (String kind : List.of("schemas", "parameters", "headers", "requestBodies")) {
      for (Entry<String, JsonNode> each : DOCUMENT.at("/components/" + kind).properties()) {
        String reference = "\"#/components/" + kind + "/" + each.getKey() + "\"";
        assertTrue(text.contains(reference), reference);
      }
    }
  }

  @Test
  void everyOperationSaysWhatItNeedsAndAnswers() {
    Set<String> ids = new HashSet<>();
    for (Described each : Described.operations(DOCUMENT)) {
      JsonNode operation = each.operation();
      String id = operation.path("operationId").asText();
      assertTrue(id.matches("[a-z][A-Za-z0-9]+"), each.name());
      assertTrue(ids.add(id), () -> id + " is the name of two operations");
      assertFalse(operation.path("summary").asText().isBlank(), each.name());
      assertTrue(each.statuses().stream().anyMatch(s -> s.startsWith("2")), each.name());
      Set<String> mayHappen = each.refusals();
      mayHappen.removeAll(each.statuses());
      assertEquals(Set.of(), mayHappen, () -> each.name() + " does not say that it refuses");
      assertParameters(each);
    }
  }

  private static void assertParameters(Described each) {
    Set<String> inPath = new TreeSet<>();
    for (JsonNode parameter : each.parameters()) {
      String what = each.name() + " " + parameter;
      assertTrue(parameter.path("schema").isObject(), what);
      if (parameter.path("in").asText().equals("path")) {
        assertTrue(parameter.path("required").asBoolean(), what);
        inPath.add(parameter.path("name").asText());
      }
    }
    assertEquals(each.placeholders(), inPath, each.name());
  }

  @Test
  void everyOperationIsTriedOrSaysWhyNot() {
    for (Described each : Described.operations(DOCUMENT)) {
      boolean tried = each.operation().has("x-sotto-example");
      boolean excused = !each.operation().path("x-sotto-no-example").asText().isBlank();
      assertTrue(tried != excused, each.name());
    }
  }

  @Test
  void examplesAndDefaultsFitTheirSchemas() throws IOException {
    int[] checked = {0};
    Schemas schemas = new Schemas(vertx, DOCUMENT);
    Described.walk(
        DOCUMENT,
        node -> {
          JsonNode schema = node.path("schema").isObject() ? node.path("schema") : node;
          for (JsonNode example : examples(node)) {
            schemas.assertFits(schema, example);
            checked[0]++;
          }
        });
    assertTrue(checked[0] > 10);
    JsonNode error = JSON.readTree("{\"$ref\":\"#/components/schemas/ErrorAnswer\"}");
    String known = ApiError.badField("x", "y").json().encode();
    schemas.assertFits(error, JSON.readTree(known));
    String unknown = known.replace("bad_request", "worse_request");
    assertThrows(AssertionError.class, () -> schemas.assertFits(error, JSON.readTree(unknown)));
    assertThrows(
        AssertionError.class,
        () -> schemas.assertFits(JSON.readTree("{\"type\":\"integer\"}"), JSON.readTree("\"1\"")));
  }

  /** Of a schema (a list), or of a parameter or media type (named, each with a value). */
  private static List<JsonNode> examples(JsonNode node) {
    List<JsonNode> found = new ArrayList<>();
    boolean holder = node.path("schema").isObject();
    if (!holder && !node.has("type")) {
      return found;
    }
    for (String key : List.of("example", "default")) {
      if (node.has(key)
          && (holder || node.path("type").isTextual() || node.path("type").isArray())) {
        found.add(node.get(key));
      }
    }
    for (JsonNode example : node.path("examples")) {
      found.add(holder ? example.path("value") : example);
    }
    return found;
  }

  /**
   * The codes are those of {@link FailureCode} and those written where an {@link ApiError} is made,
   * which must be written there for this test to see them.
   */
  @Test
  void everyErrorCodeIsListedAndNoOther() throws IOException {
    Set<String> codes = new TreeSet<>();
    Arrays.stream(FailureCode.values()).map(FailureCode::code).forEach(codes::add);
    Pattern made =
        Pattern.compile("new ApiError\\(\\s*([\\w.()]+),\\s*(\"[a-z0-9_]+\"|[\\w.()]+),");
    try (Stream<Path> files = Files.walk(HOME.resolve("verticles/http/src/main/java"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        if (file.endsWith("ApiError.java")) {
          continue;
        }
        Matcher each = made.matcher(Files.readString(file));
        while (each.find()) {
          String code = each.group(2);
          if (code.startsWith("\"")) {
            codes.add(code.substring(1, code.length() - 1));
          } else {
            assertTrue(code.endsWith(".code()"), () -> file + " hides the code of " + each.group());
          }
        }
      }
    }
    Set<String> listed = new TreeSet<>();
    DOCUMENT
        .at("/components/schemas/Error/properties/code/enum")
        .forEach(c -> listed.add(c.asText()));
    assertEquals(codes, listed);
  }

  @Test
  void shimsThatAreOffAreNotDescribed() throws IOException {
    ObjectNode part =
        (ObjectNode) JSON.readTree("{\"paths\":{\"/old\":{\"x-sotto-shim\":\"old\"}}}");
    ObjectNode whole = DOCUMENT.deepCopy();
    OpenApi.merge(whole, part, "part");
    assertTrue(whole.path("paths").has("/old"));
    OpenApi.leaveOut(whole, Set.of("older"));
    assertTrue(whole.path("paths").has("/old"));
    OpenApi.leaveOut(whole, Set.of("old"));
    assertEquals(DOCUMENT, whole);
  }

  @Test
  void whatTwoPartsDescribeIsRefused() throws IOException {
    for (String again :
        List.of(
            "{\"paths\":{\"/docs\":{}}}",
            "{\"components\":{\"schemas\":{\"Error\":{}}}}",
            "{\"info\":{}}")) {
      ObjectNode part = (ObjectNode) JSON.readTree(again);
      assertThrows(
          IllegalStateException.class, () -> OpenApi.merge(DOCUMENT.deepCopy(), part, "part"));
    }
  }
}
