package io.sotto.storage;

import static io.sotto.storage.PgTransactions.query;
import static io.sotto.storage.PgTransactions.rows;

import io.sotto.storage.WebhookStore.Entry;
import io.sotto.storage.WebhookStore.Sent;
import io.sotto.storage.WebhookStore.State;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Endpoints as rows, their secrets sealed. */
final class PgEndpoints implements EndpointStore {
  private final PgTransactions database;
  private final PgWebhooks webhooks;
  private final Supplier<SealingKeys> keys;

  PgEndpoints(PgTransactions database, PgWebhooks webhooks, Supplier<SealingKeys> keys) {
    this.database = database;
    this.webhooks = webhooks;
    this.keys = keys;
  }

  /** Whom an endpoint's secrets are sealed for. */
  static String owner(UUID id) {
    return "endpoint:" + id;
  }

  @Override
  public Future<Optional<Created>> create(NewEndpoint endpoint, int max) {
    Tuple row =
        Tuple.tuple()
            .addUUID(endpoint.id())
            .addLong(endpoint.tenantId())
            .addString(endpoint.idempotencyKey())
            .addString(endpoint.requestHash())
            .addString(endpoint.url())
            .addString(endpoint.host())
            .addArrayOfString(endpoint.events().toArray(String[]::new))
            .addString(keys.get().seal(endpoint.secret(), owner(endpoint.id())))
            .addLong((long) max);
    return met(endpoint)
        .compose(
            met ->
                met.isPresent()
                    ? Future.succeededFuture(met)
                    : database
                        .run(EndpointSql.CREATE, row)
                        .compose(
                            made ->
                                made.size() == 0
                                    ? met(endpoint)
                                    : Future.succeededFuture(
                                        first(made).map(e -> new Created(e, true, true)))));
  }

  private Future<Optional<Created>> met(NewEndpoint endpoint) {
    if (endpoint.idempotencyKey() == null) {
      return Future.succeededFuture(Optional.empty());
    }
    return database
        .run(EndpointSql.FIND_BY_KEY, Tuple.of(endpoint.tenantId(), endpoint.idempotencyKey()))
        .map(
            found ->
                rows(found).stream()
                    .findFirst()
                    .map(
                        row ->
                            new Created(
                                endpoint(row),
                                false,
                                row.getString("request_hash").equals(endpoint.requestHash()))));
  }

  private static Optional<WebhookEndpoint> first(RowSet<Row> found) {
    return rows(found).stream().findFirst().map(PgEndpoints::endpoint);
  }

  private static WebhookEndpoint endpoint(Row row) {
    OffsetDateTime until = row.getOffsetDateTime("old_secret_until");
    return new WebhookEndpoint(
        row.getUUID("id"),
        row.getString("url"),
        List.of(row.getArrayOfStrings("events")),
        row.getBoolean("enabled"),
        row.getBoolean("gone"),
        until == null ? null : until.toInstant(),
        row.getOffsetDateTime("created_at").toInstant(),
        row.getOffsetDateTime("updated_at").toInstant());
  }

  @Override
  public Future<List<WebhookEndpoint>> list(long tenantId) {
    return database
        .run(EndpointSql.LIST, Tuple.of(tenantId))
        .map(found -> rows(found).stream().map(PgEndpoints::endpoint).toList());
  }

  @Override
  public Future<Optional<WebhookEndpoint>> find(long tenantId, UUID id) {
    return database.run(EndpointSql.FIND, Tuple.of(tenantId, id)).map(PgEndpoints::first);
  }

  @Override
  public Future<Optional<WebhookEndpoint>> change(long tenantId, UUID id, Change change) {
    List<String> events = change.events();
    Tuple row =
        Tuple.tuple()
            .addLong(tenantId)
            .addUUID(id)
            .addString(change.url())
            .addString(change.host())
            .addArrayOfString(events == null ? null : events.toArray(String[]::new))
            .addBoolean(change.enabled());
    return database.run(EndpointSql.CHANGE, row).map(PgEndpoints::first);
  }

  @Override
  public Future<Optional<WebhookEndpoint>> rotate(
      long tenantId, UUID id, String secret, Duration overlap) {
    Tuple row = Tuple.of(tenantId, id, keys.get().seal(secret, owner(id)), overlap.toMillis());
    return database.run(EndpointSql.ROTATE, row).map(PgEndpoints::first);
  }

  @Override
  public Future<Boolean> delete(long tenantId, UUID id) {
    return database.run(EndpointSql.DELETE, Tuple.of(tenantId, id)).map(gone -> gone.size() > 0);
  }

  @Override
  public Future<Optional<Entry>> test(long tenantId, UUID id) {
    return database.transaction(
        tx ->
            query(tx, EndpointSql.LOCK, Tuple.of(tenantId, id))
                .compose(
                    found ->
                        found.size() == 0
                            ? Future.succeededFuture(Optional.empty())
                            : test(tx, tenantId, id).map(Optional::of)));
  }

  private static Future<Entry> test(SqlConnection tx, long tenantId, UUID id) {
    String fresh = "msg_" + UUID.randomUUID().toString().replace("-", "") + "_test";
    Tuple row = Tuple.of(fresh, id, tenantId, WebhookEndpoint.TEST);
    return query(tx, EndpointSql.TEST_UNDER_WAY, Tuple.of(id))
        .compose(
            pending ->
                pending.size() > 0
                    ? Future.succeededFuture(pending)
                    : query(tx, EndpointSql.FORGET_TESTS, Tuple.of(id))
                        .compose(forgotten -> query(tx, EndpointSql.TEST, row)))
        .map(found -> PgWebhooks.entry(found.iterator().next(), List.of()));
  }

  @Override
  public Future<List<Sent>> deliveries(long tenantId, UUID id, @Nullable State state, int limit) {
    Tuple asked = Tuple.of(tenantId, id, state == null ? null : state.wire(), limit);
    return database.run(EndpointSql.DELIVERIES, asked).compose(webhooks::withTries);
  }
}
