package io.sotto.http;

import io.sotto.protocol.Task;
import io.vertx.ext.web.Router;

/** OpenAI's audio API, one line a route. */
final class OpenAiRoutes {
  private OpenAiRoutes() {}

  static void add(Router router, Rooms rooms) {
    OpenAiHandlers openAi = new OpenAiHandlers(rooms);
    Routes.post(router, "/v1/audio/transcriptions", ctx -> openAi.transcript(ctx, Task.TRANSCRIBE));
    Routes.post(router, "/v1/audio/translations", ctx -> openAi.transcript(ctx, Task.TRANSLATE));
    Routes.get(router, "/v1/models", openAi::listModels);
    Routes.get(router, "/v1/models/:id", openAi::getModel);
  }
}
