package io.sotto.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A page to read the API's description in and to try it from: Swagger UI, of which nothing is
 * served but the files named here.
 */
final class DocsHandlers {
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final String STYLE = "text/css; charset=utf-8";
  private static final String PAGE_TYPE = "text/html; charset=utf-8";

  /** Ours, which say where the description is. */
  private static final Map<String, String> OURS = Map.of("start.js", SCRIPT, "page.css", STYLE);

  private static final Map<String, String> THEIRS =
      Map.of(
          "swagger-ui.css", STYLE,
          "swagger-ui-bundle.js", SCRIPT,
          "favicon-32x32.png", "image/png");

  /** Scripts of this server alone; Swagger UI sets styles in its elements and draws with data. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
          + " data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors"
          + " 'none'";

  private static final String CACHE = "public, max-age=3600";
  private static final String POM = "/META-INF/maven/org.webjars/swagger-ui/pom.properties";
  private final Vertx vertx;
  private @Nullable Future<String> folder;

  DocsHandlers(Vertx vertx) {
    this.vertx = vertx;
  }

  /** The page; its links are relative, so that it also works behind a proxy that adds a prefix. */
  Future<Void> page(RoutingContext ctx) {
    if (ctx.request().path().endsWith("/")) {
      return ctx.response()
          .setStatusCode(308)
          .putHeader(HttpHeaders.LOCATION, "../docs")
          .end()
          .mapEmpty();
    }
    return send(ctx, "docs/page.html", PAGE_TYPE);
  }

  Future<Void> file(RoutingContext ctx) {
    String name = ctx.pathParam("file");
    if (OURS.containsKey(name)) {
      return send(ctx, "docs/" + name, OURS.get(name));
    }
    String type = THEIRS.get(name);
    if (type == null) {
      return Future.failedFuture(
          new ApiError(404, "not_found", null, "the page at /docs has no such file"));
    }
    return folder().compose(folder -> send(ctx, folder + name, type));
  }

  private static Future<Void> send(RoutingContext ctx, String resource, String type) {
    return ctx.response()
        .putHeader(HttpHeaders.CONTENT_TYPE, type)
        .putHeader(HttpHeaders.CACHE_CONTROL, CACHE)
        .putHeader("Content-Security-Policy", POLICY)
        .sendFile(resource)
        .mapEmpty();
  }

  private Future<String> folder() {
    Future<String> known = folder;
    if (known == null || known.failed()) {
      known = vertx.executeBlocking(DocsHandlers::packaged, false);
      folder = known;
    }
    return known;
  }

  /** Where Swagger UI lies on the class path: its version is part of the path. */
  private static String packaged() {
    try (InputStream in = DocsHandlers.class.getResourceAsStream(POM)) {
      if (in == null) {
        throw new IllegalStateException("Swagger UI is not packaged");
      }
      Properties pom = new Properties();
      pom.load(in);
      return "META-INF/resources/webjars/swagger-ui/" + pom.getProperty("version") + "/";
    } catch (IOException e) {
      throw new UncheckedIOException(POM, e);
    }
  }
}
