package io.sotto.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.List;

/** Validates by JSON Schema 2020-12, which is what OpenAPI 3.1 is written in and speaks. */
final class Schemas {
  private static final String OPENAPI = "spec.openapis.org/oas/3.1/";
  private static final JsonSchemaOptions OPTIONS =
      new JsonSchemaOptions()
          .setBaseUri("https://sotto.example/")
          .setDraft(Draft.DRAFT202012)
          .setOutputFormat(OutputFormat.Basic);
  private final Vertx vertx;
  private final ObjectNode document;
  private int schemas;

  Schemas(Vertx vertx, ObjectNode document) {
    this.vertx = vertx;
    this.document = document;
  }

  /** By the schema that the OpenAPI Initiative publishes, with that of the schemas in it. */
  static void assertOpenApi(Vertx vertx, JsonNode document) {
    SchemaRepository repository = repository(vertx);
    for (String name :
        List.of("meta/base", "dialect/base", "schema/2022-10-07", "schema-base/2022-10-07")) {
      JsonObject schema = vertx.fileSystem().readFileBlocking(OPENAPI + name).toJsonObject();
      repository.dereference(JsonSchema.of(schema));
    }
    OutputUnit result =
        repository
            .validator("https://" + OPENAPI + "schema-base/2022-10-07")
            .validate(new JsonObject(document.toString()));
    assertTrue(result.getValid(), () -> String.valueOf(result.getErrors()));
  }

  /** {@code schema} may refer to the document's components. */
  void assertFits(JsonNode schema, JsonNode value) {
    String id = "https://sotto.example/" + schemas++;
    JsonObject whole =
        new JsonObject()
            .put("$id", id)
            .put("allOf", new JsonArray().add(here(schema)))
            .put("$defs", here(document.at("/components/schemas")));
    OutputUnit result =
        repository(vertx)
            .dereference(JsonSchema.of(whole))
            .validator(id)
            .validate(Json.decodeValue(value.toString()));
    assertTrue(
        result.getValid(), () -> value + " does not fit " + schema + ": " + result.getErrors());
  }

  /** As a schema of its own, in which the validator finds what is referred to. */
  private static JsonObject here(JsonNode schema) {
    return new JsonObject(schema.toString().replace("\"#/components/schemas/", "\"#/$defs/"));
  }

  private static SchemaRepository repository(Vertx vertx) {
    return SchemaRepository.create(OPTIONS).preloadMetaSchema(vertx.fileSystem());
  }
}
