package io.sotto.http;

import io.vertx.ext.web.Router;

/** What other servers answer to, one line a route; none of them unless it is switched on. */
final class ShimRoutes {
  private ShimRoutes() {}

  static void add(Router router, Rooms rooms) {
    for (Shim shim : rooms.options().shims()) {
      switch (shim) {
        case WHISPER_CPP -> Routes.post(router, "/inference", new WhisperCppShim(rooms)::inference);
        case ASR_WEBSERVICE -> {
          AsrWebserviceShim asr = new AsrWebserviceShim(rooms);
          Routes.post(router, "/asr", asr::asr);
          Routes.post(router, "/detect-language", asr::detectLanguage);
        }
      }
    }
  }
}
