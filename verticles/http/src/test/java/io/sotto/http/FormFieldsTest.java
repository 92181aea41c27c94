package io.sotto.http;

import static io.sotto.testkit.Await.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.sotto.protocol.ClusterBus;
import io.sotto.testkit.FakeAudioStore;
import io.sotto.testkit.FakeJobStore;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The fields that a form is described with are those that its route reads. Nobody lists them: the
 * requests of this test carry a form that notes each name it is asked for, whatever class asks, so
 * a field that is read and not described, or described and no longer read, fails here. A field that
 * is read only beside another one is met through the operation's examples, whose forms are sent
 * too.
 */
class FormFieldsTest {
  private static final JsonNode DOCUMENT = OpenApi.document(Set.of());
  private static final String BOUNDARY = "frontier";

  /** Nobody transcribes here: what would wait for a job is answered that it goes on. */
  private static final Duration NO_WAIT = Duration.ofMillis(1);

  private final Vertx vertx = Vertx.vertx();
  private final Set<String> asked = new ConcurrentSkipListSet<>();
  private final Map<String, Integer> answers = new ConcurrentHashMap<>();
  private int port;

  static Stream<Described> forms() {
    return Described.operations(DOCUMENT).stream().filter(each -> !each.form().isMissingNode());
  }

  @BeforeEach
  void start() {
    HttpOptions options =
        new HttpOptions("127.0.0.1", 0, 1000, NO_WAIT, "base").with(Set.of(Shim.values()));
    HttpVerticle http =
        new HttpVerticle(options, new FakeJobStore(), new FakeAudioStore(), ClusterBus.open(vertx));
    await(vertx.deployVerticle(http));
    Router noting = Router.router(vertx);
    noting.route().handler(ctx -> http.router().handleContext(noting(ctx)));
    HttpServer server = await(vertx.createHttpServer().requestHandler(noting).listen(0));
    port = server.actualPort();
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  @ParameterizedTest
  @MethodSource("forms")
  void fieldsAreDescribedAsTheyAreRead(Described operation) {
    JsonNode properties = operation.form().path("properties");
    String file = null;
    Set<String> described = new TreeSet<>();
    for (Entry<String, JsonNode> each : properties.properties()) {
      if (each.getValue().path("format").asText().equals("binary")) {
        file = each.getKey();
      } else {
        described.add(bare(each.getKey()));
      }
    }
    List<Map<String, List<String>>> forms = new ArrayList<>(List.of(Map.of()));
    operation.examples().forEach(example -> forms.add(fields(example.path("form"))));
    for (Map<String, List<String>> form : forms) {
      post(operation.path(), form, file);
    }
    Set<String> read = new TreeSet<>();
    asked.forEach(name -> read.add(bare(name)));
    assertEquals(described, read, () -> operation.name() + " answered " + answers);
    assertTrue(answers.values().stream().noneMatch(status -> status == 500), answers::toString);
  }

  /** A list may be written with brackets or without. */
  private static String bare(String name) {
    return name.replace("[]", "");
  }

  private static Map<String, List<String>> fields(JsonNode form) {
    Map<String, List<String>> fields = new java.util.TreeMap<>();
    for (Entry<String, JsonNode> each : form.properties()) {
      List<String> values = new ArrayList<>();
      if (each.getValue().isArray()) {
        each.getValue().forEach(value -> values.add(value.asText()));
      } else {
        values.add(each.getValue().asText());
      }
      fields.put(each.getKey(), values);
    }
    return fields;
  }

  private void post(String path, Map<String, List<String>> form, String file) {
    Buffer body = Buffer.buffer();
    form.forEach((name, values) -> values.forEach(value -> part(body, "\"" + name + "\"", value)));
    if (file != null) {
      part(body, "\"" + file + "\"; filename=\"a.wav\"", "RIFF");
    }
    body.appendString("--" + BOUNDARY + "--\r\n");
    int status =
        await(
            vertx
                .createHttpClient()
                .request(HttpMethod.POST, port, "127.0.0.1", path)
                .compose(
                    request ->
                        request
                            .putHeader("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                            .send(body))
                .map(HttpClientResponse::statusCode));
    answers.put(form.toString(), status);
  }

  private static void part(Buffer body, String name, String value) {
    body.appendString("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=" + name);
    body.appendString("\r\n\r\n" + value + "\r\n");
  }

  /** The same request, with a form that notes what it is asked for. */
  private RoutingContext noting(RoutingContext ctx) {
    HttpServerRequest request =
        instead(
            HttpServerRequest.class,
            ctx.request(),
            "formAttributes",
            () -> instead(MultiMap.class, ctx.request().formAttributes(), null, null));
    return instead(RoutingContextInternal.class, ctx, "request", () -> request);
  }

  /**
   * {@code real}, but for one method; without one, it notes the names that its methods are given.
   */
  private <T> T instead(
      Class<T> type, Object real, String method, java.util.function.Supplier<Object> answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, called, arguments) -> {
              if (called.getName().equals(method)) {
                return answer.get();
              }
              if (method == null && arguments != null && arguments[0] instanceof String name) {
                asked.add(name);
              }
              try {
                return called.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
