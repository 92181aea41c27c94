package io.sotto.storage;

/** Every statement about endpoints; {@link WebhookSql} has those of their deliveries. */
final class EndpointSql {
  private static final String COLUMNS =
      "id, url, events, enabled, gone, created_at, updated_at, case when old_secret_until >"
          + " clock_timestamp() then old_secret_until end as old_secret_until";

  /** $9 how many a tenant may have. */
  static final String CREATE =
      """
      insert into webhook_endpoint (id, tenant_id, idempotency_key, request_hash, url, host, events, secret)
      select $1, $2, $3, $4, $5, $6, $7, $8
      where (select count(*) from webhook_endpoint where tenant_id = $2) < $9
      on conflict do nothing returning\s\
      """
          + COLUMNS;

  static final String FIND_BY_KEY =
      "select request_hash, "
          + COLUMNS
          + " from webhook_endpoint where tenant_id = $1 and idempotency_key = $2";

  static final String LIST =
      "select " + COLUMNS + " from webhook_endpoint where tenant_id = $1 order by created_at, id";

  static final String FIND =
      "select " + COLUMNS + " from webhook_endpoint where tenant_id = $1 and id = $2";

  static final String CHANGE =
      """
      update webhook_endpoint set url = coalesce($3, url), host = coalesce($4, host),
        events = coalesce($5, events), enabled = coalesce($6, enabled),
        gone = gone and not coalesce($6, false), updated_at = clock_timestamp()
      where tenant_id = $1 and id = $2 returning\s\
      """
          + COLUMNS;

  static final String ROTATE =
      """
      update webhook_endpoint set secret = $3, old_secret = secret,
        old_secret_until = clock_timestamp() + $4 * interval '1 ms', updated_at = clock_timestamp()
      where tenant_id = $1 and id = $2 returning\s\
      """
          + COLUMNS;

  /** Its deliveries stay in their jobs' logs; a test has no job it could go with. */
  static final String DELETE =
      """
      with gone as (delete from webhook_endpoint where tenant_id = $1 and id = $2 returning id),
      tests as (delete from endpoint_outbox o using gone g where o.endpoint_id = g.id and o.job_id is null returning o.id),
      tries as (delete from webhook_try t using tests s where t.outbox_id = s.id)
      select id from gone\
      """;

  /** Whoever has it holds off other tests of the endpoint. */
  static final String LOCK =
      "select id from webhook_endpoint where tenant_id = $1 and id = $2 and enabled for update";

  static final String TEST_UNDER_WAY =
      """
      select id, type, state, tries, next_at, endpoint_id from endpoint_outbox
      where endpoint_id = $1 and job_id is null and state = 'pending'\
      """;

  static final String FORGET_TESTS =
      """
      with gone as (delete from endpoint_outbox where endpoint_id = $1 and job_id is null returning id)
      delete from webhook_try t using gone g where t.outbox_id = g.id\
      """;

  static final String TEST =
      """
      insert into endpoint_outbox (id, endpoint_id, tenant_id, type) values ($1, $2, $3, $4)
      returning id, type, state, tries, next_at, endpoint_id\
      """;

  static final String DELIVERIES =
      """
      select id, job_id, type, state, tries, next_at, endpoint_id from endpoint_outbox
      where tenant_id = $1 and endpoint_id = $2 and ($3::text is null or state = $3)
      order by created_at desc, id desc limit $4\
      """;

  private EndpointSql() {}
}
