package io.sotto.it;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.SchemaRepository;
import java.net.http.HttpResponse;

/** Whether an answer is one of those that the API's description has for its operation. */
final class DescribedAnswer {
  private static final String BASE = "https://sotto.example/";
  private final JsonNode document;
  private final Vertx vertx;
  private int schemas;

  DescribedAnswer(JsonNode document, Vertx vertx) {
    this.document = document;
    this.vertx = vertx;
  }

  void assertDescribed(JsonNode operation, HttpResponse<String> answer) {
    String status = String.valueOf(answer.statusCode());
    JsonNode response = resolve(operation.path("responses").path(status));
    assertFalse(response.isMissingNode(), () -> status + " is not described: " + answer.body());
    JsonNode content = response.path("content");
    if (content.isMissingNode()) {
      assertTrue(answer.body().isEmpty(), answer::body);
      return;
    }
    String type = answer.headers().firstValue("Content-Type").orElse("none").replaceAll(";.*", "");
    JsonNode media = content.path(type);
    assertFalse(media.isMissingNode(), () -> type + " is not described");
    if (type.equals("application/json")) {
      assertFits(media.path("schema"), answer.body());
    } else if (type.equals("text/event-stream")) {
      events(media, answer.body());
    }
  }

  /** The JSON of each event, where the description says what it is. */
  private void events(JsonNode media, String body) {
    int[] events = {0};
    body.lines()
        .filter(line -> line.startsWith("data:") && !line.contains("[DONE]"))
        .forEach(
            line -> {
              assertFits(media.path("x-sotto-event"), line.substring("data:".length()));
              events[0]++;
            });
    assertTrue(events[0] > 0, body);
  }

  private void assertFits(JsonNode schema, String json) {
    assertTrue(schema.isObject(), () -> "there is no schema for " + json);
    String id = BASE + schemas++;
    JsonObject whole =
        new JsonObject()
            .put("$id", id)
            .put("allOf", new JsonArray().add(here(schema)))
            .put("$defs", here(document.at("/components/schemas")));
    JsonSchemaOptions options =
        new JsonSchemaOptions()
            .setBaseUri(BASE)
            .setDraft(Draft.DRAFT202012)
            .setOutputFormat(OutputFormat.Basic);
    OutputUnit result =
        SchemaRepository.create(options)
            .preloadMetaSchema(vertx.fileSystem())
            .dereference(JsonSchema.of(whole))
            .validator(id)
            .validate(Json.decodeValue(json));
    assertTrue(result.getValid(), () -> json + ": " + result.getErrors());
  }

  /** As a schema of its own, in which the validator finds what is referred to. */
  private static JsonObject here(JsonNode schema) {
    return new JsonObject(schema.toString().replace("\"#/components/schemas/", "\"#/$defs/"));
  }

  private JsonNode resolve(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isTextual() ? resolve(document.at(reference.asText().substring(1))) : node;
  }
}
