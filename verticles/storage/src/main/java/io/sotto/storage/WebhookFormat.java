package io.sotto.storage;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;

/** The bodies that a webhook can have. */
public enum WebhookFormat {
  /** An event as Standard Webhooks shapes it: type, timestamp, data. */
  STANDARD,
  /** What transcription services post to the callback of an API in front of them. */
  CALLBACK;

  public static Optional<WebhookFormat> parse(String name) {
    for (WebhookFormat format : values()) {
      if (format.wire().equals(name)) {
        return Optional.of(format);
      }
    }
    return Optional.empty();
  }

  @JsonCreator
  static WebhookFormat fromWire(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  @JsonValue
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
