package io.sotto.http;

import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.util.Set;

/** What describes the API, open to everybody, one line a route. */
final class DocsRoutes {
  private DocsRoutes() {}

  static void add(Vertx vertx, Router router, Set<String> shimsOff) {
    OpenApi document = new OpenApi(vertx, shimsOff);
    DocsHandlers docs = new DocsHandlers(vertx);
    Routes.open(router, "/openapi.yaml", document::yaml);
    Routes.open(router, "/openapi.json", document::json);
    Routes.open(router, "/docs", docs::page);
    Routes.open(router, "/docs/:file", docs::file);
  }
}
