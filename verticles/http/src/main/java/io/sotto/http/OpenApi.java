package io.sotto.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map.Entry;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The description of this API, one document out of a part for each group of routes. It is made when
 * somebody first asks for it, off the event loop, and kept: a node that only transcribes pays
 * nothing for it.
 */
final class OpenApi {
  /** The group of a path that operators can switch off. */
  private static final String SHIM = "x-sotto-shim";

  private static final List<String> PARTS =
      List.of("openai", "stream", "jobs", "endpoints", "models", "shims");
  private static final String CACHE = "public, max-age=300";
  private final Vertx vertx;
  private final Set<String> shimsOff;
  private @Nullable Future<Written> written;

  /** {@code shimsOff} names the shims that are not served, and so not described. */
  OpenApi(Vertx vertx, Set<String> shimsOff) {
    this.vertx = vertx;
    this.shimsOff = Set.copyOf(shimsOff);
  }

  /** The document in both its forms. */
  private record Written(Text yaml, Text json) {}

  private record Text(Buffer bytes, String type, String tag) {}

  Future<Void> yaml(RoutingContext ctx) {
    return written().compose(both -> send(ctx, both.yaml));
  }

  Future<Void> json(RoutingContext ctx) {
    return written().compose(both -> send(ctx, both.json));
  }

  private Future<Written> written() {
    Future<Written> known = written;
    if (known == null || known.failed()) {
      known = vertx.executeBlocking(() -> write(document(shimsOff)), false);
      written = known;
    }
    return known;
  }

  private static Future<Void> send(RoutingContext ctx, Text text) {
    ctx.response()
        .putHeader(HttpHeaders.ETAG, text.tag)
        .putHeader(HttpHeaders.CACHE_CONTROL, CACHE);
    if (text.tag.equals(ctx.request().getHeader(HttpHeaders.IF_NONE_MATCH))) {
      return ctx.response().setStatusCode(304).end().mapEmpty();
    }
    return ctx.response().putHeader(HttpHeaders.CONTENT_TYPE, text.type).end(text.bytes).mapEmpty();
  }

  private static Written write(ObjectNode document) throws JsonProcessingException {
    return new Written(
        text(yaml().writeValueAsBytes(document), "application/yaml; charset=utf-8"),
        text(new ObjectMapper().writeValueAsBytes(document), "application/json"));
  }

  /** Weakly tagged: the same text may go out compressed. */
  private static Text text(byte[] bytes, String type) {
    String tag = "W/\"" + HexFormat.of().formatHex(Sha256.of(bytes), 0, 16) + "\"";
    return new Text(Buffer.buffer(bytes), type, tag);
  }

  private static ObjectMapper yaml() {
    return new ObjectMapper(
        YAMLFactory.builder()
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .build());
  }

  /** All parts as one, without the paths of the shims that are off. */
  static ObjectNode document(Set<String> shimsOff) {
    ObjectMapper yaml = yaml();
    ObjectNode whole = part(yaml, "base");
    for (String name : PARTS) {
      merge(whole, part(yaml, name), name);
    }
    leaveOut(whole, shimsOff);
    return whole;
  }

  static void leaveOut(ObjectNode whole, Set<String> shimsOff) {
    List<String> off =
        whole.path("paths").properties().stream()
            .filter(path -> shimsOff.contains(path.getValue().path(SHIM).asText()))
            .map(Entry::getKey)
            .toList();
    whole.withObjectProperty("paths").remove(off);
  }

  private static ObjectNode part(ObjectMapper yaml, String name) {
    String file = "/openapi/" + name + ".yaml";
    try (InputStream in = OpenApi.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException(file + " is not packaged");
      }
      return (ObjectNode) yaml.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }

  /**
   * Adds a part's paths and components.
   *
   * @throws IllegalStateException where it says anew what another part has said, or more than these
   */
  static void merge(ObjectNode whole, ObjectNode part, String name) {
    for (Entry<String, JsonNode> section : part.properties()) {
      switch (section.getKey()) {
        case "paths" -> add(whole.withObjectProperty("paths"), section.getValue(), name);
        case "components" -> {
          ObjectNode all = whole.withObjectProperty("components");
          for (Entry<String, JsonNode> kind : section.getValue().properties()) {
            add(all.withObjectProperty(kind.getKey()), kind.getValue(), name);
          }
        }
        default ->
            throw new IllegalStateException(
                name + ".yaml has " + section.getKey() + ", which base.yaml alone may have");
      }
    }
  }

  private static void add(ObjectNode to, JsonNode more, String name) {
    for (Entry<String, JsonNode> each : more.properties()) {
      if (to.has(each.getKey())) {
        throw new IllegalStateException(
            name + ".yaml describes " + each.getKey() + ", which another part describes as well");
      }
      to.set(each.getKey(), each.getValue());
    }
  }
}
