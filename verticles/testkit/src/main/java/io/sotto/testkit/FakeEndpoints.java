package io.sotto.testkit;

import io.sotto.storage.EndpointStore;
import io.sotto.storage.Webhook;
import io.sotto.storage.WebhookEndpoint;
import io.sotto.storage.WebhookFormat;
import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.Sent;
import io.sotto.storage.WebhookStore.State;
import io.sotto.testkit.FakeWebhooks.Row;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Registered endpoints in memory, under the lock of the outbox and by its clock. */
final class FakeEndpoints implements EndpointStore {
  private final FakeWebhooks webhooks;
  private final Map<UUID, Registered> registered = new LinkedHashMap<>();

  FakeEndpoints(FakeWebhooks webhooks) {
    this.webhooks = webhooks;
  }

  static final class Registered {
    final UUID id;
    final long tenant;
    final @Nullable String key;
    final String hash;
    final Instant created;
    Instant updated;
    String url;
    String host;
    List<String> events;
    boolean enabled = true;
    boolean gone;
    String secret;
    @Nullable String oldSecret;
    Instant oldUntil = Instant.MIN;

    Registered(NewEndpoint made, Instant now) {
      id = made.id();
      tenant = made.tenantId();
      key = made.idempotencyKey();
      hash = made.requestHash();
      created = now;
      updated = now;
      url = made.url();
      host = made.host();
      events = made.events();
      secret = made.secret();
    }
  }

  private WebhookEndpoint view(Registered one) {
    return new WebhookEndpoint(
        one.id,
        one.url,
        one.events,
        one.enabled,
        one.gone,
        one.oldUntil.isAfter(webhooks.now()) ? one.oldUntil : null,
        one.created,
        one.updated);
  }

  List<Registered> wanting(long tenant, String type) {
    return of(tenant).filter(one -> one.enabled && one.events.contains(type)).toList();
  }

  /** Where and under which secrets {@code id} is told; null when it is not. */
  @Nullable Webhook webhook(@Nullable UUID id) {
    Registered one = registered.get(id);
    if (one == null || !one.enabled) {
      return null;
    }
    boolean both = one.oldUntil.isAfter(webhooks.now());
    String secrets = both ? one.secret + "," + one.oldSecret : one.secret;
    return new Webhook(one.url, one.host, secrets, WebhookFormat.STANDARD);
  }

  void gone(@Nullable UUID id) {
    Registered one = registered.get(id);
    if (one != null) {
      one.enabled = false;
      one.gone = true;
      one.updated = webhooks.now();
    }
  }

  private Stream<Registered> of(long tenant) {
    return registered.values().stream().filter(one -> one.tenant == tenant);
  }

  private Optional<Registered> one(long tenant, UUID id) {
    return Optional.ofNullable(registered.get(id)).filter(one -> one.tenant == tenant);
  }

  @Override
  public Future<Optional<Created>> create(NewEndpoint made, int max) {
    return webhooks.step(
        () -> {
          String key = made.idempotencyKey();
          Optional<Registered> met =
              of(made.tenantId())
                  .filter(one -> key != null && Objects.equals(one.key, key))
                  .findFirst();
          if (met.isPresent()) {
            boolean same = met.get().hash.equals(made.requestHash());
            return Optional.of(new Created(view(met.get()), false, same));
          }
          if (of(made.tenantId()).count() >= max) {
            return Optional.empty();
          }
          Registered one = new Registered(made, webhooks.now());
          registered.put(one.id, one);
          return Optional.of(new Created(view(one), true, true));
        });
  }

  @Override
  public Future<List<WebhookEndpoint>> list(long tenantId) {
    return webhooks.step(() -> of(tenantId).map(this::view).toList());
  }

  @Override
  public Future<Optional<WebhookEndpoint>> find(long tenantId, UUID id) {
    return webhooks.step(() -> one(tenantId, id).map(this::view));
  }

  private Future<Optional<WebhookEndpoint>> update(
      long tenantId, UUID id, Consumer<Registered> update) {
    return webhooks.step(
        () -> {
          Optional<Registered> found = one(tenantId, id);
          found.ifPresent(update);
          found.ifPresent(one -> one.updated = webhooks.now());
          return found.map(this::view);
        });
  }

  @Override
  public Future<Optional<WebhookEndpoint>> change(long tenantId, UUID id, Change change) {
    return update(
        tenantId,
        id,
        one -> {
          one.url = Objects.requireNonNullElse(change.url(), one.url);
          one.host = Objects.requireNonNullElse(change.host(), one.host);
          one.events = Objects.requireNonNullElse(change.events(), one.events);
          one.enabled = Objects.requireNonNullElse(change.enabled(), one.enabled);
          one.gone = one.gone && !Boolean.TRUE.equals(change.enabled());
        });
  }

  @Override
  public Future<Optional<WebhookEndpoint>> rotate(
      long tenantId, UUID id, String secret, Duration overlap) {
    return update(
        tenantId,
        id,
        one -> {
          one.oldSecret = one.secret;
          one.oldUntil = webhooks.now().plus(overlap);
          one.secret = secret;
        });
  }

  @Override
  public Future<Boolean> delete(long tenantId, UUID id) {
    return webhooks.step(
        () -> {
          Optional<Registered> found = one(tenantId, id);
          found.ifPresent(one -> registered.remove(one.id));
          found.ifPresent(one -> webhooks.forget(row -> tests(row, one.id)));
          return found.isPresent();
        });
  }

  private static boolean tests(Row row, UUID id) {
    return id.equals(row.endpoint) && row.job == null;
  }

  @Override
  public Future<Optional<Entry>> test(long tenantId, UUID id) {
    return webhooks.step(
        () ->
            one(tenantId, id)
                .filter(one -> one.enabled)
                .map(
                    one ->
                        webhooks.latest(row -> tests(row, id), State.PENDING, 1).stream()
                            .findFirst()
                            .orElseGet(
                                () -> {
                                  webhooks.forget(row -> tests(row, id));
                                  return webhooks.test(one);
                                })
                            .entry(false)));
  }

  @Override
  public Future<List<Sent>> deliveries(long tenantId, UUID id, @Nullable State state, int limit) {
    return webhooks.step(
        () ->
            webhooks
                .latest(row -> row.tenant == tenantId && id.equals(row.endpoint), state, limit)
                .stream()
                .map(row -> row.sent(true))
                .toList());
  }
}
