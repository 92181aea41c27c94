package io.sotto.protocol;

import io.vertx.core.json.JsonObject;

/** The answer to an application on the bus: a status as HTTP has them, and a body. */
public record JsonReply(int status, JsonObject body) {
  static final int REFUSED = 400;

  boolean refuses() {
    return status >= REFUSED;
  }
}
