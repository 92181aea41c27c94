package io.sotto.storage;

/**
 * Every statement of the outbox, and of its twin for registered endpoints, but for the triggers
 * that fill them (V4__webhooks.sql, V8__webhook_endpoints.sql). Ids differ between the two.
 */
final class WebhookSql {
  /**
   * $1 who asks, $2 how many, $3 hosts and $4 tenants that are busy, $5 ms of the lease. Rows of
   * both tables in one order; what nobody is to be told any more is put aside, a bounded number at
   * a time.
   */
  static final String CLAIM =
      """
      with me as materialized (select from node where incarnation = $1 and lease_until > clock_timestamp()),
      own as materialized (
        select o.id, o.next_at from outbox o join job j on j.id = o.job_id
        where o.state = 'pending' and o.next_at <= clock_timestamp() and o.leased_until <= clock_timestamp()
          and o.host <> all ($3) and j.tenant_id <> all ($4) and exists (select from me)
        order by o.next_at, o.id limit $2 for no key update of o skip locked),
      ends as materialized (
        select o.id, o.next_at from endpoint_outbox o join webhook_endpoint e on e.id = o.endpoint_id and e.enabled
        where o.state = 'pending' and o.next_at <= clock_timestamp() and o.leased_until <= clock_timestamp()
          and e.host <> all ($3) and o.tenant_id <> all ($4) and exists (select from me)
        order by o.next_at, o.id limit $2 for no key update of o skip locked),
      c as materialized (
        select id from (select * from own union all select * from ends) due order by next_at, id limit $2),
      nobody as materialized (
        select o.id from endpoint_outbox o
        where o.state = 'pending' and o.next_at <= clock_timestamp() and o.leased_until <= clock_timestamp()
          and not exists (select from webhook_endpoint e where e.id = o.endpoint_id and e.enabled)
          and exists (select from me)
        order by o.next_at, o.id limit 1000 for no key update of o skip locked),
      aside as (update endpoint_outbox o set state = 'disabled' from nobody n where o.id = n.id),
      of_job as (
        update outbox o set claim = o.claim + 1, leased_until = clock_timestamp() + $5 * interval '1 ms'
        from c, job j where o.id = c.id and j.id = o.job_id
        returning o.id, o.job_id, o.type, o.claim, o.tries, j.tenant_id, j.webhook::text as webhook),
      of_endpoint as (
        update endpoint_outbox o set claim = o.claim + 1, leased_until = clock_timestamp() + $5 * interval '1 ms'
        from c, webhook_endpoint e where o.id = c.id and e.id = o.endpoint_id
        returning o.id, o.job_id, o.type, o.claim, o.tries, o.tenant_id, o.endpoint_id, e.url, e.host, e.secret,
          case when e.old_secret_until > clock_timestamp() then e.old_secret end as old_secret)
      select id, job_id, type, claim, tries, tenant_id, webhook, null::uuid as endpoint_id, null as url, null as host,
        null as secret, null as old_secret from of_job
      union all
      select id, job_id, type, claim, tries, tenant_id, null, endpoint_id, url, host, secret, old_secret from of_endpoint\
      """;

  /** $1 id, $2 claim, $3 state, $4 ms until the next try, then the answer. */
  static final String SETTLE =
      """
      with s as (
        update outbox set state = $3, tries = tries + 1, tries_ever = tries_ever + 1, leased_until = '-infinity',
                          next_at = clock_timestamp() + $4 * interval '1 ms'
        where id = $1 and claim = $2 and state = 'pending' returning tries_ever),
      e as (
        update endpoint_outbox set state = $3, tries = tries + 1, tries_ever = tries_ever + 1, leased_until = '-infinity',
                                   next_at = clock_timestamp() + $4 * interval '1 ms'
        where id = $1 and claim = $2 and state = 'pending' returning tries_ever, endpoint_id),
      gone as (
        update webhook_endpoint w set enabled = false, gone = true, updated_at = clock_timestamp()
        from e where w.id = e.endpoint_id and $3 = 'disabled')
      insert into webhook_try (outbox_id, n, at, status, error, reason, ms)
      select $1, tries_ever, clock_timestamp() - $8 * interval '1 ms', $5, $6, $7, $8
      from (select tries_ever from s union all select tries_ever from e) t\
      """;

  static final String RELEASE =
      """
      with s as (
        update outbox set leased_until = '-infinity', next_at = clock_timestamp() + $3 * interval '1 ms'
        where id = $1 and claim = $2 and state = 'pending')
      update endpoint_outbox set leased_until = '-infinity', next_at = clock_timestamp() + $3 * interval '1 ms'
      where id = $1 and claim = $2 and state = 'pending'\
      """;

  static final String LOG =
      """
      select o.id, o.job_id, o.type, o.state, o.tries, o.next_at, null::uuid as endpoint_id, o.created_at
      from outbox o join job j on j.id = o.job_id where o.job_id = $1 and j.tenant_id = $2
      union all
      select id, job_id, type, state, tries, next_at, endpoint_id, created_at
      from endpoint_outbox where job_id = $1 and tenant_id = $2
      order by created_at, id\
      """;

  static final String RECENT =
      """
      (select o.id, o.job_id, o.type, o.state, o.tries, o.next_at, null::uuid as endpoint_id, j.finished_at as ended
       from job j join outbox o on o.job_id = j.id
       where j.tenant_id = $1 and j.webhook is not null and ($2::text is null or o.state = $2)
       order by j.finished_at desc, o.id desc limit $3)
      union all
      (select id, job_id, type, state, tries, next_at, endpoint_id, created_at as ended from endpoint_outbox
       where tenant_id = $1 and ($2::text is null or state = $2)
       order by created_at desc, id desc limit $3)
      order by ended desc, id desc limit $3\
      """;

  /** $1 deliveries, $2 how many tries of each, the latest. */
  static final String TRIES =
      """
      select t.outbox_id, t.n, t.at, t.status, t.error, t.reason, t.ms from unnest($1::text[]) as o (id) cross join lateral (
        select * from webhook_try where outbox_id = o.id order by n desc limit $2) t
      order by t.outbox_id, t.n\
      """;

  /** Keeps the latest $3 tries: replays must not let the log grow without end. */
  static final String REPLAY =
      """
      with r as (
        update outbox o set state = 'pending', tries = 0, next_at = clock_timestamp()
        from job j where j.id = o.job_id and o.job_id = $1 and j.tenant_id = $2
        returning o.id, o.tries_ever),
      e as (
        update endpoint_outbox o set state = 'pending', tries = 0, next_at = clock_timestamp()
        from webhook_endpoint w where w.id = o.endpoint_id and w.enabled and o.job_id = $1 and o.tenant_id = $2
        returning o.id, o.tries_ever),
      replayed as (select * from r union all select * from e),
      d as (delete from webhook_try t using replayed b where t.outbox_id = b.id and t.n <= b.tries_ever - $3)
      select id from replayed\
      """;

  /** As {@link #REPLAY}, of one event. */
  static final String REPLAY_ONE =
      """
      with r as (
        update outbox o set state = 'pending', tries = 0, next_at = clock_timestamp()
        from job j where j.id = o.job_id and o.id = $1 and j.tenant_id = $2
        returning o.id, o.job_id, o.tries_ever),
      e as (
        update endpoint_outbox o set state = 'pending', tries = 0, next_at = clock_timestamp()
        from webhook_endpoint w
        where w.id = o.endpoint_id and w.enabled and o.id = $1 and o.tenant_id = $2 and o.job_id is not null
        returning o.id, o.job_id, o.tries_ever),
      replayed as (select * from r union all select * from e),
      d as (delete from webhook_try t using replayed b where t.outbox_id = b.id and t.n <= b.tries_ever - $3)
      select job_id from replayed\
      """;

  private WebhookSql() {}
}
