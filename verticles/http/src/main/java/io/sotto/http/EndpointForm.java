package io.sotto.http;

import io.sotto.protocol.FailureCode;
import io.sotto.storage.EndpointStore.Change;
import io.sotto.storage.EndpointStore.NewEndpoint;
import io.sotto.storage.WebhookEndpoint;
import io.sotto.storage.WebhookSecret;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads what an endpoint is to be, out of JSON. */
final class EndpointForm {
  private static final String URL = "url";
  private static final String EVENTS = "events";
  private static final String SECRET = "secret";
  private static final String ENABLED = "enabled";
  private static final List<String> EVENTS_USUAL =
      List.of(WebhookEndpoint.COMPLETED, WebhookEndpoint.FAILED);

  private EndpointForm() {}

  static Future<Form> receive(HttpServerRequest request) {
    return Form.json(request)
        ? JsonForm.receive(request)
        : Future.failedFuture(
            new ApiError(
                415,
                FailureCode.UNSUPPORTED_MEDIA.code(),
                null,
                "an endpoint is described in JSON; send it as application/json"));
  }

  /** An endpoint to make; its secret is the client's or a new one. */
  static NewEndpoint read(Form form, long tenant, @Nullable String key, WebhookForm.Policy policy) {
    String url = form.field(URL);
    if (url == null) {
      throw ApiError.badField(URL, "url is missing; name the receiver that is to be told");
    }
    String host = WebhookForm.host(URL, url, policy);
    List<String> named = events(form);
    List<String> events = named == null ? EVENTS_USUAL : named;
    String secret = secret(form);
    return new NewEndpoint(
        UUID.randomUUID(),
        tenant,
        key,
        hash(url, events, secret),
        url,
        host,
        events,
        secret == null ? WebhookSecret.generate() : secret);
  }

  /** What is to be different; a secret is not changed but rotated. */
  static Change change(Form form, WebhookForm.Policy policy) {
    if (form.field(SECRET) != null) {
      throw ApiError.badField(
          SECRET, "a secret is not set; POST to the endpoint's /rotate makes a new one");
    }
    String url = form.field(URL);
    String host = url == null ? null : WebhookForm.host(URL, url, policy);
    Boolean enabled = form.field(ENABLED) == null ? null : Boolean.valueOf(form.flag(ENABLED));
    return new Change(url, host, events(form), enabled);
  }

  /** In the order of {@link WebhookEndpoint#EVENTS}; null where none is named. */
  private static @Nullable List<String> events(Form form) {
    List<String> named = form.values(EVENTS);
    if (named.isEmpty()) {
      return null;
    }
    if (!WebhookEndpoint.EVENTS.containsAll(named)) {
      throw ApiError.badField(
          EVENTS, "events are some of " + String.join(", ", WebhookEndpoint.EVENTS));
    }
    return WebhookEndpoint.EVENTS.stream().filter(named::contains).toList();
  }

  private static @Nullable String secret(Form form) {
    String text = form.field(SECRET);
    try {
      if (text != null && WebhookSecret.parseAll(text).size() != 1) {
        throw new IllegalArgumentException("an endpoint is made with one secret, or without");
      }
      return text;
    } catch (IllegalArgumentException refused) {
      throw ApiError.badField(SECRET, String.valueOf(refused.getMessage()));
    }
  }

  /** Everything that makes the request what it is, no part of which can run into the next. */
  private static String hash(String url, List<String> events, @Nullable String secret) {
    return Sha256.hex(String.join("\n", url, String.join(",", events), String.valueOf(secret)));
  }
}
