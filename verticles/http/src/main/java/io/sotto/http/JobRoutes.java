package io.sotto.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;

/** The job API, one line a route. */
final class JobRoutes {
  static final String JOBS = "/api/v1/transcriptions";
  static final String WEBHOOKS = "/api/v1/webhooks";

  private JobRoutes() {}

  static void add(Router router, Rooms rooms) {
    JobHandlers jobs = new JobHandlers(rooms);
    HistoryHandlers history = new HistoryHandlers(rooms);
    WebhookHandlers webhooks = new WebhookHandlers(rooms.jobs());
    StreamHandlers streams = new StreamHandlers(rooms);
    Routes.post(router, JOBS, jobs::createJob);
    Routes.get(router, JOBS, history::list);
    Routes.get(router, JOBS + "/:id", jobs::getJob);
    Routes.get(router, JOBS + "/:id/chunks", jobs::getChunks);
    Routes.get(router, JOBS + "/:id/events", streams::events);
    Routes.get(router, JOBS + "/:id/download", jobs::download);
    Routes.get(router, JOBS + "/:id/webhooks", webhooks::log);
    Routes.post(router, JOBS + "/:id/webhooks/replay", webhooks::replay);
    Routes.get(router, WEBHOOKS, webhooks::list);
    Routes.post(router, WEBHOOKS + "/:id/replay", webhooks::replayOne);
    Routes.post(router, JOBS + "/:id/cancel", jobs::cancelJob);
    Routes.on(router, HttpMethod.DELETE, JOBS + "/:id", history::delete);
  }
}
