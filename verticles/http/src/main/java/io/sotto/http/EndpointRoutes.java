package io.sotto.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;

/** Receivers for all jobs of a tenant, one line a route. */
final class EndpointRoutes {
  /** Beside the log of deliveries, whose place is the path on which endpoints are made. */
  static final String ENDPOINTS = JobRoutes.WEBHOOKS + "/endpoints";

  private EndpointRoutes() {}

  static void add(Router router, Rooms rooms) {
    EndpointHandlers endpoints = new EndpointHandlers(rooms);
    Routes.post(router, JobRoutes.WEBHOOKS, endpoints::create);
    Routes.get(router, ENDPOINTS, endpoints::list);
    Routes.get(router, ENDPOINTS + "/:id", endpoints::get);
    Routes.on(router, HttpMethod.PATCH, ENDPOINTS + "/:id", endpoints::change);
    Routes.on(router, HttpMethod.DELETE, ENDPOINTS + "/:id", endpoints::delete);
    Routes.post(router, ENDPOINTS + "/:id/rotate", endpoints::rotate);
    Routes.post(router, ENDPOINTS + "/:id/test", endpoints::test);
    Routes.get(router, ENDPOINTS + "/:id/deliveries", endpoints::deliveries);
  }
}
