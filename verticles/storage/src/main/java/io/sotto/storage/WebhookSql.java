package io.sotto.storage;

/** Every statement of the outbox, but for the trigger that fills it (V4__webhooks.sql). */
final class WebhookSql {
  static final String CLAIM =
      """
      with c as materialized (
        select id from outbox
        where state = 'pending' and next_at <= clock_timestamp() and leased_until <= clock_timestamp()
          and host <> all($3)
          and exists (select 1 from node where incarnation = $1 and lease_until > clock_timestamp())
        order by next_at, id limit $2 for no key update skip locked)
      update outbox o set claim = o.claim + 1, leased_until = clock_timestamp() + $4 * interval '1 ms'
      from c, job j where o.id = c.id and j.id = o.job_id
      returning o.id, o.job_id, o.type, o.claim, o.tries, j.tenant_id, j.webhook::text as webhook\
      """;

  static final String SETTLE =
      """
      with s as (
        update outbox set state = $3, tries = tries + 1, tries_ever = tries_ever + 1, leased_until = '-infinity',
                          next_at = clock_timestamp() + $4 * interval '1 ms'
        where id = $1 and claim = $2 and state = 'pending' returning tries_ever)
      insert into webhook_try (outbox_id, n, at, status, error, reason, ms)
      select $1, tries_ever, clock_timestamp() - $8 * interval '1 ms', $5, $6, $7, $8 from s\
      """;

  static final String RELEASE =
      """
      update outbox set leased_until = '-infinity', next_at = clock_timestamp() + $3 * interval '1 ms'
      where id = $1 and claim = $2 and state = 'pending'\
      """;

  static final String LOG =
      """
      select o.id, o.type, o.state, o.tries, o.next_at from outbox o join job j on j.id = o.job_id
      where o.job_id = $1 and j.tenant_id = $2 order by o.created_at, o.id\
      """;

  static final String RECENT =
      """
      select o.id, o.job_id, o.type, o.state, o.tries, o.next_at from job j join outbox o on o.job_id = j.id
      where j.tenant_id = $1 and j.webhook is not null and ($2::text is null or o.state = $2)
      order by j.finished_at desc, o.id desc limit $3\
      """;

  static final String TRIES =
      """
      select t.n, t.at, t.status, t.error, t.reason, t.ms from (
        select * from webhook_try where outbox_id = $1 order by n desc limit $2) t
      order by t.n\
      """;

  /** Keeps the latest $3 tries: replays must not let the log grow without end. */
  static final String REPLAY =
      """
      with r as (
        update outbox o set state = 'pending', tries = 0, next_at = clock_timestamp()
        from job j where j.id = o.job_id and o.job_id = $1 and j.tenant_id = $2
        returning o.id, o.tries_ever),
      d as (delete from webhook_try t using r where t.outbox_id = r.id and t.n <= r.tries_ever - $3)
      select id from r\
      """;

  /** As {@link #REPLAY}, of one event. */
  static final String REPLAY_ONE =
      """
      with r as (
        update outbox o set state = 'pending', tries = 0, next_at = clock_timestamp()
        from job j where j.id = o.job_id and o.id = $1 and j.tenant_id = $2
        returning o.id, o.job_id, o.tries_ever),
      d as (delete from webhook_try t using r where t.outbox_id = r.id and t.n <= r.tries_ever - $3)
      select job_id from r\
      """;

  private WebhookSql() {}
}
