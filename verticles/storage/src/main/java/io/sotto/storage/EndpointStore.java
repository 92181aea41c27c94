package io.sotto.storage;

import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.Sent;
import io.sotto.storage.WebhookStore.State;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The receivers that tenants registered. The transaction that ends a job writes one delivery for
 * each endpoint of its tenant that is enabled and wants the event; {@link WebhookStore} hands them
 * out. Another tenant's endpoint is one that is not there. Part of {@link JobStore}.
 */
public interface EndpointStore {

  /**
   * An endpoint to be. {@code secret} is one of {@link WebhookSecret}; {@code requestHash} a digest
   * of everything that makes the request what it is.
   */
  record NewEndpoint(
      UUID id,
      long tenantId,
      @Nullable String idempotencyKey,
      String requestHash,
      String url,
      String host,
      List<String> events,
      String secret) {
    public NewEndpoint {
      events = List.copyOf(events);
    }
  }

  /** {@code created} false: the key met {@code endpoint}, which {@code sameRequest} asked for. */
  record Created(WebhookEndpoint endpoint, boolean created, boolean sameRequest) {}

  /** What is to be different; null stays as it is. {@code host} goes with {@code url}. */
  record Change(
      @Nullable String url,
      @Nullable String host,
      @Nullable List<String> events,
      @Nullable Boolean enabled) {}

  /**
   * Registers an endpoint, once per tenant and idempotency key. Empty where the tenant has {@code
   * max} already: exceeded by no more than are being made at the same moment.
   */
  Future<Optional<Created>> create(NewEndpoint endpoint, int max);

  /** A tenant's endpoints, the oldest first. */
  Future<List<WebhookEndpoint>> list(long tenantId);

  Future<Optional<WebhookEndpoint>> find(long tenantId, UUID id);

  /** Being enabled again, an endpoint is told of what ends from then on. */
  Future<Optional<WebhookEndpoint>> change(long tenantId, UUID id, Change change);

  /** {@code secret} signs from now on, and for {@code overlap} the one before it as well. */
  Future<Optional<WebhookEndpoint>> rotate(long tenantId, UUID id, String secret, Duration overlap);

  /** Forgets the endpoint and its secrets; what it was not told yet, it is told no more. */
  Future<Boolean> delete(long tenantId, UUID id);

  /**
   * Has a test sent, in one try; while one is on its way it is that one. Empty where there is no
   * such endpoint, or it is disabled.
   */
  Future<Optional<Entry>> test(long tenantId, UUID id);

  /** Deliveries to an endpoint with their tries, the latest first, at most {@code limit}. */
  Future<List<Sent>> deliveries(long tenantId, UUID id, @Nullable State state, int limit);
}
