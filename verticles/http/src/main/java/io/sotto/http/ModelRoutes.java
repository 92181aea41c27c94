package io.sotto.http;

import io.vertx.ext.web.Router;

/** What the cluster has and how it is, one line a route. */
final class ModelRoutes {
  private ModelRoutes() {}

  static void add(Router router, Rooms rooms) {
    ModelHandlers models = new ModelHandlers(rooms);
    Routes.get(router, "/api/v1/models", models::list);
    Routes.get(router, "/api/v1/models/strategies", models::strategies);
    Routes.get(router, "/api/v1/models/quality-preferences", models::qualities);
    Routes.get(router, "/api/v1/models/preview", models::preview);
    Routes.get(router, "/api/v1/languages", models::languages);
    Routes.open(router, "/api/v1/health", new HealthHandlers(rooms)::health);
  }
}
