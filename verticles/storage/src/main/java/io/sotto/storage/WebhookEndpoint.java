package io.sotto.storage;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A receiver that a tenant registered for all its jobs. {@code events} are the types it is told of;
 * {@code gone}: it was disabled because it answered 410; {@code oldSecretUntil}: until when the
 * secret before this one signs too, null when none does. Its secret is no part of it: it is shown
 * once, when it is made.
 */
public record WebhookEndpoint(
    UUID id,
    String url,
    List<String> events,
    boolean enabled,
    boolean gone,
    @Nullable Instant oldSecretUntil,
    Instant createdAt,
    Instant updatedAt) {
  public static final String COMPLETED = "transcription.completed";
  public static final String FAILED = "transcription.failed";
  public static final String CANCELLED = "transcription.cancelled";

  /** What an endpoint can be told of. */
  public static final List<String> EVENTS = List.of(COMPLETED, FAILED, CANCELLED);

  /** The type of the event that is sent when somebody asks for a test. */
  public static final String TEST = "test";

  public WebhookEndpoint {
    events = List.copyOf(events);
  }

  /** The URL, which may hold a secret, is not for logs. */
  @Override
  public String toString() {
    return "WebhookEndpoint[" + id + "]";
  }
}
